/** Seeded randomness: the same seed, step and iteration give the same number on every host. */
import { createHash } from "node:crypto";
import type { Late } from "./model";

export interface DrawKey {
  /** The run's seed, decimal. */
  seed: string;
  /** The step's path, `cut/off`. */
  path: string;
  /** Zero-based iteration of each enclosing repeat, outermost first. */
  iteration: readonly number[];
}

/** Draws a late value: a whole number from `from` to `to`, both included. A plain value stays as it is. */
export function drawLate(value: Late<number>, key: DrawKey): number {
  if (typeof value === "number") return value;
  if ("ref" in value) throw new Error(`parse refuses values of earlier steps, and yet here is one: ${value.ref}`);
  const { from, to } = value.random;
  const span = BigInt(to - from + 1);
  return from + Number((hash64("draw", key, "") * span) >> 64n);
}

/** 64-bit seed of one ioworker; `worker` is its zero-based number within the step. */
export function randomSeedFor(seed: string, path: string, iteration: readonly number[], worker: number): bigint {
  return hash64("worker", { seed, path, iteration }, String(worker));
}

function hash64(purpose: string, { seed, path, iteration }: DrawKey, suffix: string): bigint {
  // Ids contain no line feed, so that no two keys are written alike.
  const text = [purpose, seed, path, iteration.join("."), suffix].join("\n");
  return createHash("sha256").update(text).digest().readBigUInt64BE(0);
}
