import { BUCKET_COUNT, bucketCeilingNs, bucketFloorNs, bucketOf, mergeHistograms, percentileNs } from "./histogram";

describe("latency histogram", () => {
  it("puts every value between the floor and the ceiling of its bucket, from 1 ns to 64 s", () => {
    for (let power = 0; power < 36; power++) {
      for (const step of [-1, 0, 1]) {
        const ns = 2 ** power + step;
        if (ns < 0) continue;
        const index = bucketOf(ns);
        expect(bucketFloorNs(index)).toBeLessThanOrEqual(Math.min(ns, 64e9));
        if (ns < 64e9) expect(bucketCeilingNs(index)).toBeGreaterThanOrEqual(ns);
      }
    }
  });

  it("keeps the error at or below one percent from 1 us to 60 s", () => {
    for (let ns = 1000; ns < 60e9; ns = Math.floor(ns * 1.013) + 1) {
      const index = bucketOf(ns);
      expect((bucketCeilingNs(index) - bucketFloorNs(index)) / ns).toBeLessThanOrEqual(0.01);
    }
  });

  it("has buckets that follow one another without gap or overlap", () => {
    for (let index = 0; index + 1 < BUCKET_COUNT; index++) {
      expect(bucketCeilingNs(index) + 1).toBe(bucketFloorNs(index + 1));
      expect(bucketOf(bucketFloorNs(index))).toBe(index);
    }
  });

  it("holds values beyond its range in the last bucket", () => {
    expect(bucketOf(1e15)).toBe(BUCKET_COUNT - 1);
  });

  it("gives the same percentiles for merged parts as for the whole", () => {
    const values = Array.from({ length: 5000 }, (_, i) => 1000 + ((i * 7919) % 90_000));
    const histogramOf = (part: number[]) => {
      const counts = new Map<number, number>();
      for (const v of part) counts.set(bucketOf(v), (counts.get(bucketOf(v)) ?? 0) + 1);
      return mergeHistograms([[...counts]]);
    };
    const merged = mergeHistograms([histogramOf(values.slice(0, 1234)), histogramOf(values.slice(1234))]);
    expect(merged).toEqual(histogramOf(values));
    const sorted = [...values].sort((a, b) => a - b);
    for (const p of [1, 50, 99, 99.9, 100]) {
      const exact = sorted[Math.ceil((p / 100) * sorted.length) - 1]!;
      expect(percentileNs(merged, p)! / exact).toBeGreaterThanOrEqual(1);
      expect(percentileNs(merged, p)! / exact).toBeLessThan(1.01);
    }
  });

  it("has no percentile without values", () => {
    expect(percentileNs([], 50)).toBeNull();
  });

  it("takes the 999th of 1,000 values for 99.9 %", () => {
    expect(
      percentileNs(
        [
          [1, 990],
          [2, 9],
          [3, 1],
        ],
        99.9,
      ),
    ).toBe(2);
  });
});
