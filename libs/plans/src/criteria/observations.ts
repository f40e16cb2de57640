/** Finds the values of a metric at an iteration. Absence is a reason, never a default. */
import { metricSpec } from "../metrics";
import type { Criterion, MetricValue, Observation } from "../model";
import type { StepPlace } from "../places";

/** What is known at one iteration of the innermost repeat: values, or why there are none. */
export type Reading = { values: MetricValue[] } | { reason: string };

export interface MetricReader {
  /** Repeats around the measured step, outermost first. */
  repeats: StepPlace["repeats"];
  unit: string;
  read(iteration: readonly number[]): Reading;
}

export type ObservationIndex = ReadonlyMap<string, readonly Observation[]>;

const keyOf = (stepId: string, metric: string, iteration: readonly number[]) =>
  `${stepId} ${metric} ${iteration.join(".")}`;

/** Step ids are unique in a plan, so the last part of the path is enough. */
export function indexObservations(observations: readonly Observation[]): ObservationIndex {
  const index = new Map<string, Observation[]>();
  for (const observation of observations) {
    const id = observation.path.slice(observation.path.lastIndexOf("/") + 1);
    const key = keyOf(id, observation.metric, observation.iteration);
    const bucket = index.get(key);
    if (bucket) bucket.push(observation);
    else index.set(key, [observation]);
  }
  return index;
}

/** A reader for one metric of a criterion, or the reason why it can never be read. */
export function metricReader(
  criterion: Criterion,
  metric: string,
  index: ObservationIndex,
  places: ReadonlyMap<string, StepPlace>,
): MetricReader | { reason: string } {
  return criterion.delta
    ? deltaReader(criterion, criterion.delta, metric, index, places)
    : plainReader(criterion, metric, index, places);
}

function plainReader(
  criterion: Criterion,
  metric: string,
  index: ObservationIndex,
  places: ReadonlyMap<string, StepPlace>,
): MetricReader | { reason: string } {
  const dot = metric.indexOf(".");
  const [stepId, name] = [metric.slice(0, dot), metric.slice(dot + 1)];
  const place = places.get(stepId);
  if (!place) return { reason: `the plan has no step \`${stepId}\`` };
  return {
    repeats: place.repeats,
    unit: metricSpec(place.kind, name)?.unit ?? "",
    read: (iteration) => readStep(criterion, place, name, iteration, index),
  };
}

function deltaReader(
  criterion: Criterion,
  [beforeId, afterId]: [string, string],
  metric: string,
  index: ObservationIndex,
  places: ReadonlyMap<string, StepPlace>,
): MetricReader | { reason: string } {
  const before = places.get(beforeId);
  const after = places.get(afterId);
  if (!before || !after) return { reason: `the plan has no step \`${before ? afterId : beforeId}\`` };
  const deeper = after.repeats.length >= before.repeats.length ? after : before;
  return {
    repeats: deeper.repeats,
    unit: metricSpec(after.kind, metric)?.unit ?? "",
    read: (iteration) => {
      const first = readStep(criterion, before, metric, iteration.slice(0, before.repeats.length), index);
      const second = readStep(criterion, after, metric, iteration.slice(0, after.repeats.length), index);
      if ("reason" in first) return first;
      if ("reason" in second) return second;
      if (first.values.length !== 1 || second.values.length !== 1)
        return {
          reason: `\`${metric}\` was taken ${first.values.length} times in ${beforeId} and ${second.values.length} times in ${afterId}`,
        };
      return subtract(second.values[0]!, first.values[0]!, metric);
    },
  };
}

function readStep(
  criterion: Criterion,
  place: StepPlace,
  metric: string,
  iteration: readonly number[],
  index: ObservationIndex,
): Reading {
  const found = index.get(keyOf(place.id, metric, iteration)) ?? [];
  const values = found.filter((observation) => matches(observation, criterion.where)).map(({ value }) => value);
  if (values.length) return { values };
  const where = Object.entries(criterion.where).map(([label, value]) => `${label} = ${value}`);
  return { reason: `no value of ${place.id}.${metric}${where.length ? ` where ${where.join(", ")}` : ""}` };
}

/** All labels of `where` must be carried; a value of one worker counts only where `where` names the worker. */
function matches({ labels }: Observation, where: Criterion["where"]): boolean {
  if (Object.hasOwn(labels, "worker") && !Object.hasOwn(where, "worker")) return false;
  return Object.entries(where).every(([label, value]) => Object.hasOwn(labels, label) && labels[label] === value);
}

/** Counters of 128 bits are decimal texts: they are subtracted exactly. */
function subtract(after: MetricValue, before: MetricValue, metric: string): Reading {
  if (typeof after === "number" && typeof before === "number") return { values: [after - before] };
  const whole = (value: MetricValue) =>
    (typeof value === "string" && /^-?\d+$/.test(value)) || (typeof value === "number" && Number.isInteger(value));
  if (whole(after) && whole(before)) return { values: [Number(BigInt(after) - BigInt(before))] };
  return { reason: `${metric} is no number, so that there is no difference` };
}
