/** Numbers of one or several ioworkers, by the metric registry. Pure. */
import type { IoWorkerResult } from "@assay/nvme-native";
import type { MetricName, MetricValue } from "@assay/plans";
import { mergeHistograms, percentileNs } from "@assay/protocol";

export type WorkerMetrics = { [M in MetricName<"ioworker">]?: MetricValue };
const NS_PER_MS = 1e6;
const PERCENTILES = [
  ["latencyP50", 50],
  ["latencyP90", 90],
  ["latencyP99", 99],
  ["latencyP999", 99.9],
  ["latencyP9999", 99.99],
  ["latencyP99999", 99.999],
  ["latencyP999999", 99.9999],
] as const satisfies readonly (readonly [MetricName<"ioworker">, number])[];
const OF_ONE_OPERATION = [
  ["P50", 50],
  ["P99", 99],
  ["P9999", 99.99],
] as const;

/**
 * Of one worker, or of several side by side: rates over the longest of their times, percentiles of the merged histogram
 * of reads and writes. What was not measured (no I/O: no latency) is left out. `errors` comes from `countedErrors`.
 */
export function workerMetrics(results: readonly IoWorkerResult[], errors: number): WorkerMetrics {
  const sum = (of: (r: IoWorkerResult) => bigint | number) => results.reduce((n, r) => n + Number(of(r)), 0);
  const reads = sum((r) => r.reads);
  const writes = sum((r) => r.writes);
  const readBytes = sum((r) => r.readBytes);
  const writtenBytes = sum((r) => r.writtenBytes);
  const durationMs = Math.max(0, ...results.map((r) => r.durationMs));
  const metrics: WorkerMetrics = {
    errors,
    miscompares: sum((r) => r.miscompares),
    reads,
    writes,
    flushes: sum((r) => r.flushes),
    readBytes,
    writtenBytes,
    checkedLbas: sum((r) => r.checkedLbas),
    unknownLbas: sum((r) => r.unknownLbas),
    inFlight: sum((r) => r.inFlight),
    commands: sum((r) => r.operations.reduce((total, { count }) => total + count, 0)),
    ignoredErrors: sum((r) => r.errors.reduce((n, { action, count }) => n + (action === "ignore" ? count : 0), 0)),
    skippedLbas: sum((r) => r.skippedLbas),
    duration: durationMs,
  };
  if (durationMs > 0) {
    const perSecond = (count: number) => (count * 1000) / durationMs;
    metrics.iops = perSecond(reads + writes);
    metrics.readIops = perSecond(reads);
    metrics.writeIops = perSecond(writes);
    metrics.throughput = perSecond(readBytes + writtenBytes);
  }
  return { ...metrics, ...latencies(results, reads + writes) };
}

function latencies(results: readonly IoWorkerResult[], ios: number): WorkerMetrics {
  const metrics: WorkerMetrics = {};
  if (ios > 0) {
    const weighted = results.reduce((n, r) => n + r.latencyAverageNs * Number(r.reads + r.writes), 0);
    metrics.latencyAverage = weighted / ios / NS_PER_MS;
    metrics.latencyMax = Math.max(...results.map((r) => r.latencyMaxNs)) / NS_PER_MS;
  }
  const histogram = mergeHistograms(results.flatMap((r) => [r.histograms.read, r.histograms.write]));
  for (const [name, percent] of PERCENTILES) {
    const ns = percentileNs(histogram, percent);
    if (ns !== null) metrics[name] = ns / NS_PER_MS;
  }
  for (const operation of ["read", "write"] as const) {
    const own = mergeHistograms(results.map((r) => r.histograms[operation]));
    for (const [name, percent] of OF_ONE_OPERATION) {
      const ns = percentileNs(own, percent);
      if (ns !== null) metrics[`${operation}Latency${name}`] = ns / NS_PER_MS;
    }
  }
  return metrics;
}
