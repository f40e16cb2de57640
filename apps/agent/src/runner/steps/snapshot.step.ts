import { METRICS, type MetricName, type MetricValue } from "@assay/plans";
import { placeOf } from "../place";
import { OK, type StepExecutor } from "../scope";
import type { Fields } from "../sources/fields";
import { SOURCES } from "../sources/sources";

export const snapshotStep: StepExecutor<"snapshot"> = async (step, scope) => {
  const { drive, journal, observations } = scope.run;
  for (const of of step.of) {
    scope.signal.throwIfAborted();
    const reading = await SOURCES[of].read(drive);
    journal.append({ type: "snapshot", ...placeOf(scope, step.id), of, ...reading });
    observations.emit(scope, step, snapshotMetrics(SOURCES[of].prefix, reading.fields));
  }
  return OK;
};

/** Those fields that the registry knows as metrics, under their full names. Pure. */
export function snapshotMetrics(prefix: string, fields: Fields): { [M in MetricName<"snapshot">]?: MetricValue } {
  const metrics: { [M in MetricName<"snapshot">]?: MetricValue } = {};
  for (const name of Object.keys(METRICS.snapshot) as MetricName<"snapshot">[]) {
    const value = name.startsWith(`${prefix}.`) ? fields[name.slice(prefix.length + 1)] : undefined;
    if (value !== undefined) metrics[name] = value;
  }
  return metrics;
}
