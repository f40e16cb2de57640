/** What a worker promises to the last one: commands outstanding, times of errors, commands on the same LBAs kept apart. */
import type { CommandRecord, IoWorkerOptions } from "../src";
import { withDrive, worker } from "./bench-drive";

const SLOW = { readUs: 5_000_000, writeUs: 5_000_000, flushUs: 0, jitterPercent: 0 };

test.each([1, 2, 3, 64, 1000])("exactly %i commands are outstanding", (depth) =>
  withDrive({ spec: { latency: SLOW, maxQueueEntries: 1025 } }, async ({ ns, controller }) => {
    for (const more of [{}, { iops: 1e8 }]) {
      const handle = ns.startIoWorker(worker({ depth, sampleMs: 20, timeMs: 60_000, sizeBytes: 512, ...more }));
      // None of them completes before the reset, and all were sent before the first sample.
      for await (const event of handle) if (event.type === "sample") break;
      await controller.reset();
      expect(await handle.result).toMatchObject({ end: "terminated", inFlight: depth, reads: 0n, writes: 0n });
    }
  }),
);

test("of each error the first and the last time are told, as times of the day", () => {
  const faults = [{ kind: "bad-status", opcode: 2, slba: "8", lbaCount: 8, sct: 2, sc: 0x81, times: 3 } as const];
  return withDrive({ spec: { faults } }, async ({ ns }) => {
    const APART_MS = 150;
    const sequence = [0, 1, 2].map((n) => ({
      atUs: n * APART_MS * 1000,
      opcode: "read" as const,
      slba: 8n,
      lbaCount: 1,
    }));
    const before = Date.now();
    const { errors, latencyMaxNs } = await ns.startIoWorker({ sequence, depth: 1, onError: "count" }).result;
    expect(errors).toMatchObject([{ opcode: 2, sct: 2, sc: 0x81, count: 3 }]);
    const { firstMs, lastMs } = errors[0]!;
    expect(firstMs).toBeGreaterThanOrEqual(before - 1);
    expect(lastMs).toBeLessThanOrEqual(Date.now() + 1);
    // The first was late by no more than the latency from its intended time, the last was not early.
    expect(lastMs - firstMs).toBeGreaterThanOrEqual(2 * APART_MS - latencyMaxNs / 1e6 - 2);
  });
});

const changes = ({ opcode }: CommandRecord) => opcode === 1;
const overlap = (a: CommandRecord, b: CommandRecord) =>
  a.slba < b.slba + BigInt(b.lbaCount) && b.slba < a.slba + BigInt(a.lbaCount);

/** Pairs of commands that were with the drive at the same time at the same LBA. */
function conflicts(commands: CommandRecord[]): { writes: number; reads: number } {
  const found = { writes: 0, reads: 0 };
  const byTime = commands.toSorted((a, b) => Number(a.submittedNs - b.submittedNs));
  byTime.forEach((one, i) => {
    for (let n = i + 1; n < byTime.length && byTime[n]!.submittedNs < one.completedNs!; n++) {
      const other = byTime[n]!;
      if (!overlap(one, other) || (!changes(one) && !changes(other))) continue;
      found[changes(one) && changes(other) ? "writes" : "reads"]++;
    }
  });
  return found;
}

describe("conflicting commands", () => {
  const COUNT = 1500;
  const crowded = (more: Partial<IoWorkerOptions>): IoWorkerOptions =>
    worker({
      sizeBytes: [512, 2048],
      alignLbas: 1,
      regionLbas: 16n,
      depth: 8,
      ioCount: COUNT,
      lastCommands: COUNT,
      verify: true,
      ...more,
    }) as IoWorkerOptions;
  const latency = { readUs: 60, writeUs: 60, flushUs: 0, jitterPercent: 50 };
  const run = async (workers: Partial<IoWorkerOptions>[], { table = true } = {}) => {
    let commands: CommandRecord[] = [];
    await withDrive({ spec: { latency } }, async ({ ns, folder }) => {
      if (table) await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      const fill = { randomPercent: 0, readPercent: 0, passes: 1, ioCount: null, verify: table };
      await ns.startIoWorker(crowded(fill)).result;
      const handles = workers.map((more, n) => ns.startIoWorker(crowded({ worker: n, seed: BigInt(n), ...more })));
      const results = await Promise.all(handles.map(({ result }) => result));
      for (const result of results) expect(result).toMatchObject({ end: "done", miscompares: 0n, errors: [] });
      commands = results.flatMap(({ lastCommands }) => lastCommands);
    });
    expect(commands).toHaveLength(workers.length * COUNT);
    return conflicts(commands);
  };

  test("writes of one worker never meet at an LBA, reads beside them do", async () => {
    const { writes, reads } = await run([{}]);
    expect(writes).toBe(0);
    expect(reads).toBeGreaterThan(0);
  });

  test("writes of several workers never meet either", async () => {
    expect((await run([{}, {}, {}])).writes).toBe(0);
  });

  test("with `exclusive` neither reads nor writes meet, inside a worker and across workers", async () => {
    const exclusive = { exclusive: true };
    expect(await run([exclusive, exclusive])).toEqual({ writes: 0, reads: 0 });
  });

  test("what is compared stays as it is meanwhile", async () => {
    const operations = { write: 50, compare: 50 };
    expect(await run([{ readPercent: undefined, operations }])).toEqual({ writes: 0, reads: 0 });
  });

  test("without a table nothing is kept apart, so the tests above could have seen it", async () => {
    const free = { verify: false };
    expect((await run([free], { table: false })).writes).toBeGreaterThan(0);
    expect((await run([free, free], { table: false })).writes).toBeGreaterThan(0);
  });
});

test("every kind of error is counted, also those of a hundred opcodes", () =>
  withDrive({}, async ({ ns }) => {
    const operations = Array.from({ length: 100 }, (_, i) => ({ opcode: 0x80 + i, percent: 1 }));
    const { errors } = await ns.startIoWorker({ operations, ioCount: 4000, onError: "count", seed: 3n }).result;
    expect(errors.reduce((sum, { count }) => sum + count, 0)).toBe(4000);
    expect(new Set(errors.map(({ opcode }) => opcode)).size).toBe(100);
  }));
