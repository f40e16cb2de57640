/** Figures made of what a worker tells: a series of whole seconds, their evenness, percentiles. Pure. */
import { mergeHistograms, percentileNs, type Sample, type SparseHistogram } from "@assay/protocol";
import { finite, having, integer, numbersIn, object, oneOf, refuse } from "../check";
import type { IoWorkerResult, Operation } from "./result";

const SECOND_MS = 1000;
/** A worker's life is at most 1000 hours. */
const MAX_SECONDS = 3_600_000;
const OPERATIONS: readonly Operation[] = ["read", "write", "other"];

type CountedSample = Pick<Sample, "interval" | "intervalMs" | "reads" | "writes" | "others">;

/** A sample alone may be the last part of an interval. */
function longest(samples: readonly CountedSample[]): number {
  return samples.length < 2 ? SECOND_MS : samples.reduce((most, { intervalMs }) => Math.max(most, intervalMs), 0);
}

/**
 * Commands completed in each whole second of one worker's life; a second of a stall is 0, a last part of a second is left
 * out. The worker's `sampleMs`, by default that of the longest sample, must divide a second. Samples that were not told
 * count as none. @throws NvmeError ERR_ARGUMENT
 */
export function ioPerSecond(samples: readonly CountedSample[], sampleMs?: number): number[] {
  numbersIn("samples", samples, ["interval", "intervalMs", "reads", "writes", "others"]);
  const eachMs = integer("sampleMs", sampleMs === undefined ? longest(samples) : sampleMs, 1, SECOND_MS);
  if (SECOND_MS % eachMs !== 0) refuse(`sampleMs is ${eachMs}, it must divide ${SECOND_MS}`);
  const perSecond = SECOND_MS / eachMs;
  samples.forEach(({ interval }, i) => {
    integer(`samples[${i}].interval`, interval, 0, MAX_SECONDS * perSecond);
  });
  const whole = samples.filter((sample) => sample.intervalMs === eachMs);
  const intervals = whole.reduce((most, sample) => Math.max(most, sample.interval + 1), 0);
  const series: number[] = Array.from({ length: Math.floor(intervals / perSecond) }, () => 0);
  for (const sample of whole) {
    const second = Math.floor(sample.interval / perSecond);
    if (second < series.length) series[second]! += sample.reads + sample.writes + sample.others;
  }
  return series;
}

/**
 * How even a series is: what the given share of its seconds reached at least, as a share of the average; 1 is perfectly
 * even, 0 stood still. `percent` is above 0 and at most 100. Null for an empty series or one without any I/O.
 * @throws NvmeError ERR_ARGUMENT
 */
export function iopsConsistency(series: readonly number[], percent = 99.9): number | null {
  finite("percent", percent, 0, 100);
  numbersIn("series", series);
  const total = series.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const fastestFirst = [...series].sort((a, b) => b - a);
  const reached = fastestFirst[Math.ceil((percent / 100) * series.length) - 1]!;
  return reached / (total / series.length);
}

/** Buckets and their counts. */
function pairs(name: string, given: SparseHistogram): SparseHistogram {
  if (!Array.isArray(given)) refuse(`${name} must be an array of buckets with their counts`);
  for (const [i, pair] of given.entries()) {
    numbersIn(`${name}[${i}]`, pair);
    integer(`${name}[${i}][0]`, pair[0], 0, Number.MAX_SAFE_INTEGER);
    integer(`${name}[${i}][1]`, pair[1], 0, Number.MAX_SAFE_INTEGER);
  }
  return given;
}

/** Which latencies are meant. */
export interface PercentileOptions {
  /** Default: all. */
  operations?: readonly Operation[];
  /** From the intended submission (the default, `histograms`) or from the actual one (`serviceHistograms`). */
  from?: "intended" | "actual";
}

/**
 * Latencies, ns, below which those shares of the commands lie, one for each of `percents` (above 0 and at most 100); at
 * most 1 % above the truth and never below. Null where there was no command. Results of several workers are taken together.
 * @throws NvmeError ERR_ARGUMENT
 */
export function latencyPercentiles(
  results: readonly Pick<IoWorkerResult, "histograms" | "serviceHistograms">[],
  percents: readonly number[],
  options: PercentileOptions = {},
): (number | null)[] {
  numbersIn("percents", percents);
  if (!Array.isArray(results)) refuse("results must be an array of what workers ended with");
  const o = object<PercentileOptions>("options", options, ["operations", "from"]);
  const operations = o.operations ?? OPERATIONS;
  if (!Array.isArray(operations)) refuse("options.operations must be an array");
  for (const operation of operations) oneOf("options.operations", operation, OPERATIONS);
  oneOf("options.from", o.from ?? "intended", ["intended", "actual"]);
  percents.forEach((percent, i) => {
    finite(`percents[${i}]`, percent, 0, 100);
  });
  const which = o.from === "actual" ? "serviceHistograms" : "histograms";
  const merged = mergeHistograms(
    results.flatMap((result, i) => {
      const histograms = having(`results[${i}]`, result, ["histograms", "serviceHistograms"])[which];
      having(`results[${i}].${which}`, histograms, operations);
      return operations.map((operation) => pairs(`results[${i}].${which}.${operation}`, histograms[operation]));
    }),
  );
  return percents.map((percent) => percentileNs(merged, percent));
}
