/** Stored buckets of a run as latencies that people ask for: pure. */
import { bucketCeilingNs, bucketFloorNs, percentileNs, type SparseHistogram } from "@assay/protocol";

export interface BucketRow {
  path: string;
  operation: "read" | "write" | "other";
  index: number;
  count: bigint;
  workers: number;
  from: Date;
  to: Date;
}

const PERCENTILES = { p50: 50, p90: 90, p99: 99, p99_9: 99.9, p99_99: 99.99, p100: 100 } as const;

/** One entry per step and operation; `rows` are ordered by both and by bucket. */
export function latenciesOf(rows: readonly BucketRow[]) {
  const groups = new Map<string, BucketRow[]>();
  for (const row of rows) {
    const key = `${row.path}\n${row.operation}`;
    const its = groups.get(key);
    if (its === undefined) groups.set(key, [row]);
    else its.push(row);
  }
  return [...groups.values()].map((its) => {
    const histogram: SparseHistogram = its.map(({ index, count }) => [index, Number(count)]);
    const { path, operation } = its[0]!;
    return {
      ...{ path, operation, workers: Math.max(...its.map(({ workers }) => workers)) },
      count: histogram.reduce((sum, [, count]) => sum + count, 0),
      fromMs: Math.min(...its.map(({ from }) => from.getTime())),
      toMs: Math.max(...its.map(({ to }) => to.getTime())),
      percentilesNs: Object.fromEntries(
        Object.entries(PERCENTILES).map(([name, percent]) => [name, percentileNs(histogram, percent)]),
      ),
      buckets: histogram.map(([index, count]) => ({
        ...{ fromNs: bucketFloorNs(index), toNs: bucketCeilingNs(index), count },
      })),
    };
  });
}
