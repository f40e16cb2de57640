/** What a worker tells (B117). */
import { bucketOf, type Sample } from "@assay/protocol";
import type { CommandRecord, IoWorkerOptions, IoWorkerResult } from "../../src";
import { ioPerSecond, iopsConsistency, latencyPercentiles } from "../../src";
import { holdsOnce, worker } from "../bench-drive";
import { behaviour, type ConformanceBench } from "./behaviour";

async function run({ ns }: ConformanceBench, options: object) {
  const handle = ns.startIoWorker(worker(options) as IoWorkerOptions);
  const samples: Sample[] = [];
  for await (const event of handle) if (event.type === "sample") samples.push(event.sample);
  return { samples, result: await handle.result };
}

const percentiles = [10, 50, 90, 99, 99.9, 100];

behaviour(
  "B117",
  "the series has one number a second, percentiles rise, and the result adds up with it",
  {},
  async (bench) => {
    const { samples, result } = await run(bench, { timeMs: 2000, sampleMs: 500, iops: 500, readPercent: 100 });
    const series = ioPerSecond(samples, 500);
    expect(series).toHaveLength(2);
    expect(samples.reduce((sum, { reads }) => sum + reads, 0)).toBe(Number(result.reads));
    const values = latencyPercentiles([result], percentiles) as number[];
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values[0]).toBeGreaterThan(0);
    expect(values[5]).toBeLessThanOrEqual(result.latencyMaxNs * 1.01);
    expect(values[5]).toBeGreaterThanOrEqual(result.latencyMaxNs);
    expect(iopsConsistency(series, 50)).toBeGreaterThan(0);
  },
);

behaviour(
  "B117",
  "latency is lower at half of the drive's rate than at all of it",
  {
    spec: { latency: { readUs: 3000, writeUs: 3000, flushUs: 0, jitterPercent: 0 } },
  },
  async (bench) => {
    await holdsOnce(5, async () => {
      const free = (await run(bench, { timeMs: 400, depth: 32 })).result;
      const rate = ((Number(free.reads + free.writes) * 1000) / free.durationMs) | 0;
      const [half] = latencyPercentiles([(await run(bench, { timeMs: 400, depth: 32, iops: rate / 2 })).result], [50]);
      const [over] = latencyPercentiles([(await run(bench, { timeMs: 400, depth: 32, iops: rate * 2 })).result], [50]);
      expect(half!).toBeLessThan(over!);
    });
  },
);

behaviour("B117", "large commands take longer than small ones", {}, async (bench) => {
  const { mdtsBytes } = bench.controller.identity;
  const large = Math.min(mdtsBytes, 1 << 17);
  // Side by side in one worker, and the quickest tenth of each: what a busy machine adds says nothing about sizes.
  const ioCount = 4000;
  const { result } = await run(bench, {
    sizeBytes: [4096, large],
    ioCount,
    lastCommands: ioCount,
    depth: 1,
    readPercent: 100,
  });
  const { lbaBytes } = bench.ns.identity;
  const quick = (bytes: number) => {
    const latencies = result.lastCommands
      .filter(({ lbaCount }) => lbaCount * lbaBytes === bytes)
      .map(({ submittedNs, completedNs }) => Number(completedNs! - submittedNs))
      .sort((x, y) => x - y);
    expect(latencies.length).toBeGreaterThan(ioCount / 4);
    return latencies[Math.floor(latencies.length / 10)]!;
  };
  expect(quick(large)).toBeGreaterThan(quick(4096));
});

/** From submission to completion of the slowest command, ns. */
const slowest = ({ lastCommands }: IoWorkerResult) =>
  Math.max(...lastCommands.map(({ submittedNs, completedNs }) => Number(completedNs! - submittedNs)));

behaviour("B117", "the largest latency is that of the slowest command, to one percent", {}, async (bench) => {
  const { result } = await run(bench, { ioCount: 3000, lastCommands: 3000, depth: 8 });
  expect(result.lastCommands).toHaveLength(3000);
  expect(Math.abs(result.latencyMaxNs / slowest(result) - 1)).toBeLessThan(0.01);
  const [top] = latencyPercentiles([result], [100]);
  expect(Math.abs(top! / slowest(result) - 1)).toBeLessThan(0.01);
});

behaviour(
  "B117",
  "a stall of five seconds is intervals of zero, and the largest latency is its length",
  {
    on: ["model"],
    spec: { faults: [{ kind: "stall", afterCommands: 300, ms: 5000 }] },
  },
  async (bench) => {
    const { samples, result } = await run(bench, { timeMs: 6500, sampleMs: 50, depth: 4, readPercent: 100 });
    const zero = samples.filter(({ reads, intervalMs }) => reads === 0 && intervalMs === 50).length;
    // A hundred intervals long; the first and the last of them may be shared with commands outside.
    expect(zero).toBeGreaterThanOrEqual(98);
    const series = ioPerSecond(samples, 50);
    expect(series.filter((commands) => commands === 0).length).toBeGreaterThanOrEqual(4);
    // What the best tenth of the seconds reached, and what nine tenths of them did.
    expect(iopsConsistency(series, 10)).toBeGreaterThan(iopsConsistency(series, 90)!);
    expect(result.latencyMaxNs).toBeGreaterThanOrEqual(5000e6 * 0.99);
    // Nothing else was as slow: only what was outstanding when it began.
    const slow = result.operations[0]!.histogram.filter(([bucket]) => bucket >= bucketOf(2500e6));
    expect(slow.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(4);
  },
);

behaviour(
  "B117",
  "commands over the end of an interval or a second take no longer than others",
  {
    on: ["model"],
    spec: { latency: { readUs: 500, writeUs: 500, flushUs: 0, jitterPercent: 0 } },
  },
  async (bench) => {
    const [timeMs, sampleMs] = [2200, 100];
    await holdsOnce(3, async () => {
      const { lastCommands } = (await run(bench, { timeMs, sampleMs, depth: 4, lastCommands: 100_000 })).result;
      const start = lastCommands[0]!.submittedNs;
      const ends = Array.from({ length: timeMs / sampleMs - 1 }, (_, i) => start + BigInt((i + 1) * sampleMs * 1e6));
      const over = lastCommands.filter(({ submittedNs, completedNs }) =>
        ends.some((end) => submittedNs < end && end <= completedNs!),
      );
      expect(over.length).toBeGreaterThan(ends.length);
      expect(middle(over)).toBeLessThan(2 * middle(lastCommands));
    });
  },
);

/** Of their latencies, ns. */
function middle(commands: CommandRecord[]): number {
  const latencies = commands.map(({ submittedNs, completedNs }) => Number(completedNs! - submittedNs));
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)]!;
}

behaviour("B117", "random LBAs reach the last percent of the namespace", {}, async (bench) => {
  const { lbaCount, lbaBytes } = bench.ns.identity;
  const options = { sizeBytes: lbaBytes, ioCount: 5000, readPercent: 100, regionLbas: lbaCount, lastCommands: 5000 };
  const { lastCommands } = (await run(bench, options)).result;
  const last = lastCommands.filter(({ slba }) => slba >= (lbaCount * 99n) / 100n).length;
  expect(last).toBeGreaterThan(20);
  expect(last).toBeLessThan(90);
});

behaviour("B117", "what a worker was not asked to keep cannot be made into figures", {}, async (bench) => {
  const { samples, result } = await run(bench, { ioCount: 100 });
  expect(result.lastCommands).toEqual([]);
  expect(iopsConsistency(ioPerSecond(samples.slice(0, 0)))).toBeNull();
  expect(() => ioPerSecond(samples, 300)).toThrow("sampleMs is 300, it must divide 1000");
  expect(() => latencyPercentiles([result], [0])).toThrow("percents[0] is 0");
  expect(() => latencyPercentiles([{} as never], [50])).toThrow();
});

behaviour(
  "B117",
  "a worker that sleeps while it waits uses less of its core than one that polls",
  {
    on: ["spdk-tcp", "spdk-vfio-user"],
  },
  async (bench) => {
    const cpu = async (polling: string) =>
      (await run(bench, { timeMs: 500, iops: 100, depth: 1, polling })).result.cpuPercent;
    expect(await cpu("sleep")).toBeLessThan(100);
    await holdsOnce(5, async () => {
      expect((await run(bench, { timeMs: 300, depth: 1, polling: "sleep" })).result.cpuPercent).toBeLessThan(
        (await run(bench, { timeMs: 300, depth: 1 })).result.cpuPercent,
      );
    });
  },
);

behaviour("B117", "large commands need less of a core than small ones for the same bytes", {}, async (bench) => {
  const [small, large, bytesPerSecond] = [4096, 1 << 16, 8 << 20];
  const cpu = async (sizeBytes: number) => {
    const more = { iops: bytesPerSecond / sizeBytes, depth: 4, readPercent: 100, polling: "sleep" };
    return (await run(bench, { timeMs: 500, sizeBytes, ...more })).result.cpuPercent;
  };
  await holdsOnce(5, async () => {
    expect(await cpu(large)).toBeLessThan(await cpu(small));
  });
});
