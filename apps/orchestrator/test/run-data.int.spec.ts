/** What can be read of a run's measurements, and what is left of them when retention has taken the samples. */
import { bucketCeilingNs, bucketOf, type EventBody } from "@assay/protocol";
import { PartitionKeeper } from "../src/ingest/partition-keeper";
import { Startup } from "../src/platform/startup";
import { RunResults } from "../src/results/run-results.service";
import { ENDED, FINISHED, type Flow, miscompares, numbered, planSource, SILENT_LOG, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

let flow: Flow;
let results: RunResults;
flowBench(async (opened) => {
  flow = opened;
  await flow.addPlan(planSource("soak"));
  results = new RunResults(flow.database);
});

async function runOf(bodies: EventBody[]): Promise<string> {
  const host = await flow.addHost(1);
  const runId = await flow.submit("soak", host.duts[0]!.serial);
  await flow.doorbells.settle();
  await flow.claim(runId, host.id);
  await flow.send(runId, host.id, numbered([STARTED, ...bodies, miscompares(0), FINISHED, ENDED]));
  await flow.doorbells.settle();
  return runId;
}

const FROM_MS = Date.parse("2026-11-22T12:00:00.000Z");
function histogram(worker: number, operation: "read" | "write", counts: [ns: number, count: number][]): EventBody {
  const buckets = counts.map(([ns, count]): [number, number] => [bucketOf(ns), count]);
  const when = { fromMs: FROM_MS + worker * 1000, toMs: FROM_MS + 60_000 + worker * 1000 };
  return { type: "histogram", path: "io", iteration: [worker], worker, operation, ...when, buckets };
}
/** A second each, from the given second of noon on. */
function samples(worker: number, seconds: number[], latencyAverageNs = 1000): EventBody {
  return {
    ...{ type: "samples", path: "io", iteration: [] },
    samples: seconds.map((second, interval) => ({
      ...{ worker, interval, intervalMs: 1000, atMs: FROM_MS + second * 1000, reads: 10, writes: 5, others: 0 },
      ...{ readBytes: 40_960, writeBytes: 20_480, errors: 1, latencyAverageNs, latencyMaxNs: second },
    })),
  };
}

describe("latency of a run", () => {
  it("is the sum over workers and iterations, with percentiles per operation", async () => {
    const runId = await runOf([
      histogram(0, "read", [
        [1000, 90],
        [50_000, 9],
      ]),
      histogram(1, "read", [
        [1000, 900],
        [1_000_000, 1],
      ]),
      histogram(0, "write", [[7000, 3]]),
    ]);
    const [read, write] = await results.latencies(runId, undefined, undefined);
    expect(read).toMatchObject({
      path: "io",
      operation: "read",
      workers: 2,
      count: 1000,
      fromMs: FROM_MS,
      toMs: FROM_MS + 61_000,
    });
    expect(read!.percentilesNs).toMatchObject({
      p50: bucketCeilingNs(bucketOf(1000)),
      p99_9: bucketCeilingNs(bucketOf(50_000)),
      p100: bucketCeilingNs(bucketOf(1_000_000)),
    });
    expect(read!.buckets.map(({ count }) => count)).toEqual([990, 9, 1]);
    expect(write).toMatchObject({ operation: "write", workers: 1, count: 3 });
    const [alone] = await results.latencies(runId, "io", 1);
    expect(alone).toMatchObject({ operation: "read", count: 901 });
    expect(await results.latencies(runId, "elsewhere", undefined)).toEqual([]);
  });
});

describe("snapshots of a run", () => {
  it("come in order, a page at a time, with the raw page where it is asked for", async () => {
    const snapshot = (of: string, n: number): EventBody => ({
      ...{ type: "snapshot", path: "health", iteration: [n], of, fields: { temperature: 300 + n }, raw: "AAEC" },
    });
    const runId = await runOf([snapshot("smart", 0), snapshot("identify", 0), snapshot("smart", 1)]);
    const first = await results.snapshots(runId, { raw: false }, null, 2);
    expect(first.items).toMatchObject([
      { seq: 2, of: "smart", kind: "snapshot", fields: { temperature: 300 }, raw: null },
      { seq: 3, of: "identify" },
    ]);
    expect(first.nextCursor).not.toBeNull();
    const rest = await results.snapshots(runId, { raw: true }, 3, 2);
    expect(rest).toMatchObject({ items: [{ seq: 4, iteration: [1], raw: "AAEC" }], nextCursor: null });
    const smart = await results.snapshots(runId, { of: "smart", raw: false }, null, 10);
    expect(smart.items.map(({ seq }) => seq)).toEqual([2, 4]);
  });
});

describe("samples by the minute", () => {
  it("are kept when the run has ended: sums, and the average over its commands", async () => {
    const runId = await runOf([samples(0, [1, 2, 61]), samples(1, [3]), samples(0, [59], 4000)]);
    const page = await results.rollups(runId, undefined, null, 10);
    expect(page.items).toMatchObject([
      {
        ...{
          minute: "2026-11-22T12:00:00.000Z",
          path: "io",
          worker: 0,
          intervalMs: 3000,
          reads: 30,
          writes: 15,
          errors: 3,
        },
        ...{ readBytes: 122_880, latencyAverageNs: 2000, latencyMaxNs: 59 },
      },
      { minute: "2026-11-22T12:00:00.000Z", worker: 1, reads: 10 },
      { minute: "2026-11-22T12:01:00.000Z", worker: 0, reads: 10, latencyMaxNs: 61 },
    ]);
    const { nextCursor } = await results.rollups(runId, "io", null, 2);
    expect(nextCursor).not.toBeNull();
  });

  it("are made at the latest before retention takes the samples", async () => {
    const runId = await runOf([samples(0, [1, 2])]);
    await flow.database.query("DELETE FROM telemetry.sample_rollup WHERE run_id = $1", [runId]);
    flow.clock.pass(120 * 86_400_000);
    const keeper = new PartitionKeeper(flow.database, flow.clock, new Startup(SILENT_LOG), SILENT_LOG);
    await keeper.keep();
    const [left] = await flow.database.query("SELECT to_regclass('telemetry.sample_20261122') IS NULL AS gone");
    expect(left).toEqual({ gone: true });
    expect((await results.rollups(runId, undefined, null, 10)).items).toMatchObject([{ reads: 20, intervalMs: 2000 }]);
  });
});

describe("a pinned run", () => {
  it("keeps what it measured when others lose it, until it is let go", async () => {
    const runId = await runOf([samples(0, [1])]);
    const [{ day }] = (await flow.database.query(
      "SELECT to_char(claimed_at, 'YYYYMMDD') AS day FROM run WHERE id = $1",
      [runId],
    )) as [{ day: string }];
    const keeper = new PartitionKeeper(flow.database, flow.clock, new Startup(SILENT_LOG), SILENT_LOG);
    const isThere = async () => {
      await keeper.keep();
      const [row] = await flow.database.query("SELECT to_regclass($1) IS NOT NULL AS there", [
        `telemetry.sample_${day}`,
      ]);
      return row!.there;
    };
    await flow.runs.setPinned(runId, true);
    expect((await flow.repository.detail(runId)).pinned).toBe(true);
    flow.clock.pass(120 * 86_400_000);
    expect(await isThere()).toBe(true);
    await flow.runs.setPinned(runId, false);
    expect(await isThere()).toBe(false);
  });

  it("keeps itself alone: what others of its day measured goes", async () => {
    const [pinned, other] = [await runOf([samples(0, [1, 2])]), await runOf([samples(0, [3])])];
    await flow.runs.setPinned(pinned, true);
    flow.clock.pass(120 * 86_400_000);
    const keeper = new PartitionKeeper(flow.database, flow.clock, new Startup(SILENT_LOG), SILENT_LOG);
    const partitionOf = async () => {
      const rows = await flow.database.query(
        "SELECT DISTINCT tableoid::text AS id FROM telemetry.sample WHERE run_id = $1",
        [pinned],
      );
      return rows.map(({ id }) => id);
    };
    const before = await partitionOf();
    const { items } = await results.samples(pinned, undefined, null, 10);
    expect(items).toHaveLength(1);
    await keeper.keep();
    expect(await results.samples(pinned, undefined, null, 10)).toMatchObject({ items });
    expect((await results.samples(other, undefined, null, 10)).items).toEqual([]);
    const moved = await partitionOf();
    expect(moved).not.toEqual(before);
    await keeper.keep();
    expect(await partitionOf()).toEqual(moved);
    for (const runId of [pinned, other])
      expect((await results.rollups(runId, undefined, null, 10)).items).not.toEqual([]);
  });
});
