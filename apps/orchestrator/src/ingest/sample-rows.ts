/** Samples as arrays, one row per ioworker, and back. */
import type { EventBody, Sample } from "@assay/protocol";
import type { Cell } from "./copy-rows";
import { clampInteger } from "./row-collector";

type Samples = Extract<EventBody, { type: "samples" }>;

/** Rows of `telemetry.sample` for one event: seq, worker, place, then an array per field. */
export function projectSamples(seq: number, { path, iteration, samples }: Samples): Cell[][] {
  const byWorker = new Map<number, Sample[]>();
  for (const sample of samples) {
    const its = byWorker.get(sample.worker);
    if (its === undefined) byWorker.set(sample.worker, [sample]);
    else its.push(sample);
  }
  return [...byWorker].map(([worker, its]) => [
    seq,
    clampInteger(worker),
    path,
    iteration,
    its.map((sample) => clampInteger(sample.interval)),
    its.map((sample) => clampInteger(sample.intervalMs)),
    its.map((sample) => sample.atMs),
    its.map((sample) => sample.reads),
    its.map((sample) => sample.writes),
    its.map((sample) => sample.others),
    its.map((sample) => sample.readBytes),
    its.map((sample) => sample.writeBytes),
    its.map((sample) => sample.errors),
    its.map((sample) => sample.latencyAverageNs),
    its.map((sample) => sample.latencyMaxNs),
  ]);
}
