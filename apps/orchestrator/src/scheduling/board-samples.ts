/** Small boards for tests and the benchmark. */
import type { Board, BoardDut, BoardHost, BoardRun, BoardSlot } from "./board";

export const NOW_MS = Date.UTC(2026, 10, 22, 14, 0);

export function sampleHost(id: string, change: Partial<BoardHost> = {}): BoardHost {
  return {
    id,
    name: id,
    intent: "active",
    intentReason: null,
    observed: "online",
    lastHeartbeatMs: NOW_MS - 1000,
    spoolFreeBytes: null,
    ...change,
  };
}

export function sampleSlot(
  id: string,
  hostId: string,
  dutId: string | null,
  change: Partial<BoardSlot> = {},
): BoardSlot {
  return {
    id,
    name: id,
    hostId,
    state: "idle",
    stateReason: null,
    blocked: null,
    removed: false,
    power: true,
    powerDomain: null,
    effects: ["writes", "destroys-data", "power-cycles"],
    dutId,
    ...change,
  };
}

export function sampleDut(id: string, change: Partial<BoardDut> = {}): BoardDut {
  return {
    id,
    serial: id.toUpperCase(),
    intent: "available",
    intentReason: null,
    intentSinceMs: null,
    health: "good",
    healthReason: null,
    conflict: null,
    ...change,
  };
}

export function sampleRun(id: string, dutId: string, change: Partial<BoardRun> = {}): BoardRun {
  return {
    id,
    dutId,
    campaignId: null,
    ordinal: 0,
    planName: "smoke",
    priority: 0,
    submittedMs: NOW_MS - 60_000,
    lastServedMs: null,
    effects: ["writes"],
    needsPower: false,
    isolation: "slot",
    spoolBytes: 1,
    ...change,
  };
}

/** Hosts h0.. with `slotsPerHost` slots each, every slot with a drive d0.. in it, and no run. */
export function sampleBoard(hosts: number, slotsPerHost: number): Board {
  const slots = Array.from({ length: hosts * slotsPerHost }, (_, n) =>
    sampleSlot(`s${n}`, `h${Math.floor(n / slotsPerHost)}`, `d${n}`),
  );
  return {
    nowMs: NOW_MS,
    hosts: Array.from({ length: hosts }, (_, n) => sampleHost(`h${n}`)),
    slots,
    duts: slots.map((slot) => sampleDut(slot.dutId!)),
    campaigns: [],
    leases: [],
    active: [],
    queued: [],
  };
}

/** A generator of the same numbers for the same seed (mulberry32), 0 <= n < 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled<T>(rows: readonly T[], random: () => number): T[] {
  const copy = [...rows];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
