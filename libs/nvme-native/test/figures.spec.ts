/** What is made of samples and histograms: series, evenness, percentiles. */
import { bucketOf, type SparseHistogram } from "@assay/protocol";
import { ioPerSecond, iopsConsistency, latencyPercentiles } from "../src";
import { codeOf, withDrive, worker } from "./bench-drive";

const sample = (interval: number, reads: number, intervalMs = 1000) => ({
  interval,
  intervalMs,
  reads,
  writes: 1,
  others: 2,
});
const histograms = (read: number[], write: number[] = []) => {
  const of = (values: number[]): SparseHistogram =>
    [...new Set(values.map(bucketOf))]
      .sort((a, b) => a - b)
      .map((bucket) => [bucket, values.filter((v) => bucketOf(v) === bucket).length]);
  return { read: of(read), write: of(write), other: [] as SparseHistogram };
};

describe("B117 the series of seconds", () => {
  it("has one number for each whole second, and leaves the last part out", () => {
    expect(ioPerSecond([sample(0, 10), sample(1, 20), sample(2, 5, 400)])).toEqual([13, 23]);
  });
  it("adds up shorter samples", () => {
    const quarters = Array.from({ length: 9 }, (_, i) => sample(i, i, 250));
    const seconds = [0 + 1 + 2 + 3 + 12, 4 + 5 + 6 + 7 + 12];
    expect(ioPerSecond(quarters, 250)).toEqual(seconds);
    expect(ioPerSecond([...quarters, sample(9, 1, 30)])).toEqual(seconds);
  });
  it("refuses samples that do not fill a second", async () => {
    expect(await codeOf(() => ioPerSecond([], 300))).toBe("ERR_ARGUMENT");
    expect(await codeOf(() => ioPerSecond([sample(0, 1, 300), sample(1, 1, 300)]))).toBe("ERR_ARGUMENT");
  });
  it("shows a stall of five seconds as five zeroes", () => {
    const none = (interval: number) => ({ interval, intervalMs: 1000, reads: 0, writes: 0, others: 0 });
    const series = ioPerSecond([sample(0, 7), ...[1, 2, 3, 4, 5].map(none), sample(6, 7)]);
    expect(series).toEqual([10, 0, 0, 0, 0, 0, 10]);
    expect(iopsConsistency(series)).toBe(0);
  });
});

describe("B117 the evenness of a series", () => {
  it("is 1 for an even series and differs by share for an uneven one", () => {
    expect(iopsConsistency([50, 50, 50])).toBe(1);
    const uneven = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(iopsConsistency(uneven, 50)).toBeCloseTo(51 / 50.5, 10);
    expect(iopsConsistency(uneven, 90)).toBeCloseTo(11 / 50.5, 10);
    expect(iopsConsistency(uneven)).toBeCloseTo(1 / 50.5, 10);
  });
  it("is nothing where there was no I/O, and shares are checked", async () => {
    expect(iopsConsistency([])).toBeNull();
    expect(iopsConsistency([0, 0])).toBeNull();
    for (const percent of [0, 101, Number.NaN])
      expect(await codeOf(() => iopsConsistency([1], percent))).toBe("ERR_ARGUMENT");
  });
});

describe("B117 percentiles", () => {
  const one = { histograms: histograms([1000, 2000, 3000], [9000]), serviceHistograms: histograms([100]) };
  it("lie at most one percent above the truth and never below, over several workers and operations", () => {
    const [p25, p75, p100] = latencyPercentiles([one], [25, 75, 100]) as number[];
    for (const [got, truth] of [
      [p25, 1000],
      [p75, 3000],
      [p100, 9000],
    ] as const) {
      expect(got).toBeGreaterThanOrEqual(truth);
      expect(got).toBeLessThanOrEqual(truth * 1.01);
    }
    const both = latencyPercentiles([one, { ...one, histograms: histograms([50, 60, 70, 80]) }], [50]);
    expect(both[0]).toBe(80);
  });
  it("are told for single operations and from the actual submission", () => {
    expect(latencyPercentiles([one], [100], { operations: ["other"] })).toEqual([null]);
    expect(latencyPercentiles([one], [100], { from: "actual" })).toEqual([100]);
  });
  it("need shares above 0 and at most 100", async () => {
    for (const percent of [0, 100.1])
      expect(await codeOf(() => latencyPercentiles([one], [percent]))).toBe("ERR_ARGUMENT");
  });
  it("rise monotonically in what a worker measured, up to its largest latency", () =>
    withDrive({}, async ({ ns }) => {
      const result = await ns.startIoWorker(worker({ ioCount: 5000 })).result;
      const values = latencyPercentiles([result], [10, 50, 90, 99, 99.9, 100]) as number[];
      expect(values).toEqual([...values].sort((a, b) => a - b));
      expect(bucketOf(values[5]!)).toBe(bucketOf(result.latencyMaxNs));
    }));
});
