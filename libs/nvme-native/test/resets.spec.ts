import { rmSync } from "node:fs";
import { makeDrive, temporaryFolder } from "./bench-drive";
import { said, start } from "./child-process";
import { KEPT_RECORDERS, RESET_ROUNDS, type Round, WORKERS } from "./reset-rounds";

/** B120: the longest that a handle may take after a cut of the power; resets have less. */
const LIMIT_MS: Record<string, number> = {
  controller: 10_000,
  subsystem: 25_000,
  "hot reset": 25_000,
  "function level reset": 25_000,
  power: 30_000,
};
/** Caches fill and allocators settle in the first rounds. */
const WARM_UP = 10;
/**
 * Less than one forgotten queue pair a worker would come to (some 70 KiB each, eight a round). Stacks and the heaps of
 * threads go on settling meanwhile: the native suite `resets` counts to the byte what is allocated.
 */
const GROWTH_BYTES = 40 << 20;

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

test("a hundred resets of every kind under eight workers settle every handle, and nothing is left behind", async () => {
  const folder = temporaryFolder();
  try {
    const child = start("resets", folder, await makeDrive(folder));
    const rounds: Round[] = [];
    for (let n = 0; n < RESET_ROUNDS; n++) rounds.push(await said(child));
    expect(await child.ended).toEqual([0, null]);
    for (const { kind, ok, ends, errors, reads, settledMs, recorders } of rounds) {
      expect({ kind, ok, errors, ends }).toEqual({
        kind,
        ok: true,
        errors: 0,
        ends: Array(WORKERS).fill("terminated"),
      });
      expect(reads.done + reads.cut).toBe(15);
      expect(settledMs).toBeLessThan(LIMIT_MS[kind]!);
      // A single queue pair that is forgotten in any round keeps its own.
      expect([kind, recorders]).toEqual([kind, KEPT_RECORDERS]);
    }
    // Resets that met no command in flight would prove nothing.
    expect(new Set(rounds.map(({ kind }) => kind))).toEqual(new Set(Object.keys(LIMIT_MS)));
    expect(rounds.some(({ reads }) => reads.cut > 0)).toBe(true);
    const late = rounds.slice(-WARM_UP);
    const early = rounds.slice(WARM_UP, 2 * WARM_UP);
    const of = (some: Round[], what: "anonymousBytes" | "threads" | "files") =>
      median(some.map((round) => round[what]));
    expect(of(late, "anonymousBytes") - of(early, "anonymousBytes")).toBeLessThan(GROWTH_BYTES);
    expect(of(late, "threads")).toBe(of(early, "threads"));
    expect(of(late, "files")).toBe(of(early, "files"));
    const qpairs = rounds.flatMap((round) => round.qpairs ?? []);
    expect(qpairs.length).toBe(RESET_ROUNDS / WARM_UP);
    expect(new Set(qpairs).size).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
