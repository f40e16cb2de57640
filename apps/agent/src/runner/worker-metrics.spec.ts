import type { IoWorkerResult } from "@assay/nvme-native";
import { workerMetrics } from "./worker-metrics";

const worker = (part: Partial<IoWorkerResult>): IoWorkerResult => ({
  end: "done",
  reads: 0n,
  writes: 0n,
  flushes: 0n,
  readBytes: 0n,
  writtenBytes: 0n,
  durationMs: 2000,
  errors: [],
  miscompares: 0n,
  checkedLbas: 0n,
  unknownLbas: 0n,
  latencyAverageNs: 0,
  latencyMaxNs: 0,
  histograms: { read: [], write: [], other: [] },
  serviceHistograms: { read: [], write: [], other: [] },
  operations: [],
  lastCommands: [],
  skippedLbas: 0n,
  inFlight: 0,
  cpuPercent: 0,
  ...part,
});

describe("the metrics of ioworkers", () => {
  it("add up workers side by side over the longest of their times", () => {
    const metrics = workerMetrics(
      [worker({ reads: 1000n }), worker({ writes: 500n, durationMs: 1000, writtenBytes: 4096n })],
      3,
    );
    expect(metrics).toMatchObject({
      iops: 750,
      readIops: 500,
      writeIops: 250,
      throughput: 2048,
      errors: 3,
      duration: 2000,
    });
  });
  it("take percentiles from the merged histogram of reads and writes, without other commands", () => {
    const metrics = workerMetrics(
      [
        worker({ reads: 99n, histograms: { read: [[100, 99]], write: [], other: [[127, 1000]] } }),
        worker({ writes: 1n, histograms: { read: [], write: [[120, 1]], other: [] } }),
      ],
      0,
    );
    expect(metrics.latencyP99).toBe(100 / 1e6);
    expect(metrics.latencyP999).toBe(120 / 1e6);
  });
  it("weight the average latency by I/Os", () => {
    const metrics = workerMetrics(
      [
        worker({ reads: 3n, latencyAverageNs: 1e6, latencyMaxNs: 2e6 }),
        worker({ reads: 1n, latencyAverageNs: 5e6, latencyMaxNs: 9e6 }),
      ],
      0,
    );
    expect(metrics).toMatchObject({ latencyAverage: 2, latencyMax: 9 });
  });
  it("claim no latency and no rate where nothing was done", () => {
    const metrics = workerMetrics([worker({ durationMs: 0 })], 0);
    expect(metrics).not.toHaveProperty("iops");
    expect(metrics).not.toHaveProperty("latencyAverage");
    expect(metrics).not.toHaveProperty("latencyP50");
    expect(metrics.reads).toBe(0);
  });
});
