/**
 * Latency histogram: log-linear buckets, mergeable by addition, relative error at most 1/128 (0.8 %) from 1 us to 60 s.
 * Values are nanoseconds. Bucket of v: v < 128 -> v; otherwise exponent e = floor(log2 v) - 7 and
 * index = 128 * (e + 1) + ((v >> e) - 128), i.e. 128 sub-buckets per power of two.
 * The native worker uses the same formula (libs/nvme-native/native/core/worker/histogram.h).
 */
export const SUB_BUCKET_BITS = 7;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
/** Largest value held apart: 64 s; above it everything lands in the last bucket. */
export const HISTOGRAM_MAX_NS = 64_000_000_000;

/** Index of the bucket that holds `ns` (non-negative, safe integer). */
export function bucketOf(ns: number): number {
  const value = Math.min(Math.max(0, Math.floor(ns)), HISTOGRAM_MAX_NS);
  if (value < SUB_BUCKETS) return value;
  const exponent = Math.floor(Math.log2(value)) - SUB_BUCKET_BITS;
  // Math.log2 may round up just below a power of two.
  const shifted = Math.floor(value / 2 ** exponent);
  if (shifted < SUB_BUCKETS) return SUB_BUCKETS * exponent + (Math.floor(value / 2 ** (exponent - 1)) - SUB_BUCKETS);
  return SUB_BUCKETS * (exponent + 1) + (shifted - SUB_BUCKETS);
}

export const BUCKET_COUNT = bucketOf(HISTOGRAM_MAX_NS) + 1;

/** Lowest value of a bucket, ns. */
export function bucketFloorNs(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const exponent = Math.floor(index / SUB_BUCKETS) - 1;
  return ((index % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** exponent;
}

/** Highest value of a bucket, ns (inclusive): what percentiles report, so that they never flatter. */
export function bucketCeilingNs(index: number): number {
  return bucketFloorNs(index + 1) - 1;
}

/** Sparse form on the wire: pairs of bucket index and count, ascending by index. */
export type SparseHistogram = [index: number, count: number][];

export function mergeHistograms(parts: Iterable<SparseHistogram>): SparseHistogram {
  const sum = new Map<number, number>();
  for (const part of parts) for (const [index, count] of part) sum.set(index, (sum.get(index) ?? 0) + count);
  return [...sum].sort((a, b) => a[0] - b[0]);
}

/** Latency below which `percent` of the values lie, ns; null when the histogram is empty. */
export function percentileNs(histogram: SparseHistogram, percent: number): number | null {
  const total = histogram.reduce((n, [, count]) => n + count, 0);
  if (total === 0) return null;
  // 99.9 % of 1,000 is the 999th value: binary fractions would make it 999.0000000000001, the 1,000th.
  const rank = Math.max(1, Math.ceil(Number(((percent * total) / 100).toPrecision(12))));
  let seen = 0;
  for (const [index, count] of histogram) {
    seen += count;
    if (seen >= rank) return bucketCeilingNs(index);
  }
  return bucketCeilingNs(histogram[histogram.length - 1]![0]);
}
