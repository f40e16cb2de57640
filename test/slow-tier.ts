/** Bounds for tiers that start real processes on a busy machine: hooks bring a lab up, tests say their own limits. */
jest.setTimeout(300_000);
