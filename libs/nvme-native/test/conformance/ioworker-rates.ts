/** Rates and limits (B114, B115). Bounds come from what the same run measured, so a busy machine changes nothing. */
import type { IoWorkerEvent, IoWorkerOptions, IoWorkerResult } from "../../src";
import { ioPerSecond } from "../../src";
import { holdsOnce, worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";

const done = ({ reads, writes }: IoWorkerResult) => Number(reads + writes);

async function run(
  { ns }: ConformanceBench,
  options: object,
): Promise<{ result: IoWorkerResult; events: IoWorkerEvent[] }> {
  const handle = ns.startIoWorker(worker(options) as IoWorkerOptions);
  const events: IoWorkerEvent[] = [];
  for await (const event of handle) events.push(event);
  return { result: await handle.result, events };
}

const lateSeconds = ({ latencyMaxNs }: IoWorkerResult) => latencyMaxNs / 1e9;

const SECONDS = 2;

/** What the drive does now, commands a second: others on this machine may have it soon. */
async function ownRate(bench: ConformanceBench, depth: number): Promise<number> {
  const { result } = await run(bench, { timeMs: 300, depth });
  return (done(result) * 1000) / result.durationMs;
}

behaviour(
  "B114",
  "a rate of 1234 gives 1234 commands in each second, 10 gives exactly 10",
  { limitMs: 120_000 },
  async (bench) => {
    // A worker that was kept from running at its very end does not send what it should have sent then.
    await holdsOnce(15, async () => {
      const own = await ownRate(bench, 32);
      for (const iops of [1234, 12_345].filter((rate, i) => i === 0 || rate < own / 2)) {
        const { result, events } = await run(bench, { timeMs: SECONDS * 1000, iops, depth: 32 });
        // What was late at one second's end counts in the next: never more than came in the time that the slowest took.
        const moved = 1 + Math.ceil(iops * lateSeconds(result));
        const samples = events.flatMap((event) => (event.type === "sample" ? [event.sample] : []));
        const series = ioPerSecond(samples);
        expect(series).toHaveLength(SECONDS);
        for (const second of series) expect(Math.abs(second - iops)).toBeLessThanOrEqual(moved);
        expect(done(result)).toBe(SECONDS * iops);
      }
    });
    await holdsOnce(15, async () => {
      expect(done((await run(bench, { timeMs: 1000, iops: 10 })).result)).toBe(10);
    });
  },
);

behaviour(
  "B114",
  "rates are kept to 0.1 percent up to the drive's own, measured in the same run",
  {
    spec: { latency: { readUs: 2000, writeUs: 2000, flushUs: 0, jitterPercent: 0 } },
    limitMs: 120_000,
  },
  async (bench) => {
    for (const share of [0.07, 0.5, 0.75])
      await holdsOnce(10, async () => {
        const iops = Math.round((await ownRate(bench, 16)) * share);
        const { result } = await run(bench, { timeMs: 1000, iops, depth: 16 });
        // A worker that was kept from running for longer than it may catch up says so in its latency.
        const lost = iops * Math.max(0, lateSeconds(result) - 0.1);
        expect(done(result)).toBeLessThanOrEqual(iops + 1);
        expect(done(result)).toBeGreaterThanOrEqual(iops * 0.999 - 1 - lost);
      });
    // A rate above the drive's own is the drive's own, and the latency from the intended submission tells it.
    await holdsOnce(5, async () => {
      const own = (await run(bench, { timeMs: 500, depth: 16 })).result;
      const perMs = done(own) / own.durationMs;
      const above = (await run(bench, { timeMs: 500, iops: Math.round(perMs * 3000), depth: 16 })).result;
      expect(done(above) / above.durationMs).toBeLessThan(perMs * 2.5);
      expect(above.latencyAverageNs).toBeGreaterThan(3 * own.latencyAverageNs);
    });
  },
);

behaviour(
  "B114",
  "a deep queue at a rate sends no more than the rate and the depth together",
  { spec: { maxQueueEntries: 1025 } },
  async (bench) => {
    const depth = Math.min(1024, bench.controller.identity.maxQueueEntries - 1);
    const { result } = await run(bench, { sizeBytes: bench.ns.identity.lbaBytes, timeMs: 1000, iops: 2000, depth });
    expect(done(result)).toBeLessThanOrEqual(depth + 2000);
    expect(done(result)).toBeGreaterThan(0);
  },
);

behaviour("B115", "a count is met exactly, at its rate, and a time is used up", {}, async (bench) => {
  await holdsOnce(5, async () => {
    const counted = (await run(bench, { ioCount: 1000, iops: 2000 })).result;
    expect(done(counted)).toBe(1000);
    expect(counted.durationMs).toBeGreaterThanOrEqual(999 / 2);
    expect(counted.durationMs).toBeLessThan(999);
    const timed = (await run(bench, { timeMs: 300, readPercent: 0 })).result;
    expect(timed).toMatchObject({ end: "done", reads: 0n });
    expect(timed.durationMs).toBeGreaterThanOrEqual(300);
    expect(timed.durationMs).toBeLessThan(600);
  });
  expect(
    done((await run(bench, { ioCount: 1, depth: Math.min(64, bench.controller.identity.maxQueueEntries - 1) })).result),
  ).toBe(1);
});

behaviour("B115", "one pass writes every LBA of the region exactly once", {}, async (bench) => {
  const { lbaBytes } = bench.ns.identity;
  const { result } = await run(bench, {
    sizeBytes: 24 * lbaBytes,
    randomPercent: 0,
    readPercent: 0,
    passes: 1,
    regionStartLba: 7n,
    regionLbas: 1000n,
    lastCommands: 100,
  });
  expect(result.writtenBytes).toBe(1000n * BigInt(lbaBytes));
  const lbas = result.lastCommands.flatMap(({ slba, lbaCount }) =>
    Array.from({ length: lbaCount }, (_, i) => Number(slba) + i),
  );
  expect(lbas.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => 7 + i));
});
