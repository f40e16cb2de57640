/**
 * Criteria over observations: a pure function, run by the runner (to capture while the drive is still as it failed) and
 * by the orchestrator over what it stored. A missing metric, snapshot or iteration is `errored`, never `passed`.
 */
import type { Criterion, CriterionResult, MetricValue, Observation, ResolvedPlan } from "../model";
import { type StepPlace, stepPlaces } from "../places";
import { demand, holds, show } from "./compare";
import { flatIteration, iterationsBegun, iterationsOf } from "./iterations";
import { indexObservations, type MetricReader, metricReader, type ObservationIndex } from "./observations";
import { decide } from "./statistics";

/** Counted up when the same data and criteria would give another result. */
export const EVALUATOR_VERSION = 1;

export interface EvaluationContext {
  places: ReadonlyMap<string, StepPlace>;
}

/** What the evaluator must know of a plan: its steps and how often each repeat goes round. */
export function evaluationContext(plan: Pick<ResolvedPlan, "steps" | "finally">): EvaluationContext {
  return { places: new Map(stepPlaces(plan).map((place) => [place.id, place])) };
}

/**
 * Judges all criteria. One result per criterion, metric and iteration of `each` (null without `each`): the three are
 * the key of a result. Iterations after the one that an `onViolation: stop` ended are not expected.
 */
export function evaluateCriteria(
  criteria: readonly Criterion[],
  observations: readonly Observation[],
  context: EvaluationContext,
): CriterionResult[] {
  const evidence = gather(observations, context);
  const last = new Map<string, number>();
  for (const criterion of criteria) {
    if (criterion.onViolation !== "stop" || criterion.each === null) continue;
    const violation = judge(criterion, evidence).find(isViolation);
    const iteration = violation?.iteration ?? null;
    if (iteration !== null) last.set(criterion.each, Math.min(iteration, last.get(criterion.each) ?? iteration));
  }
  return criteria.flatMap((criterion) => judge(criterion, { ...evidence, last }));
}

/** Judges the criteria with `each: repeatId` for one iteration that has just ended. */
export function evaluateIteration(
  criteria: readonly Criterion[],
  repeatId: string,
  iteration: readonly number[],
  observations: readonly Observation[],
  context: EvaluationContext,
): CriterionResult[] {
  const evidence = gather(observations, context);
  return criteria.filter(({ each }) => each === repeatId).flatMap((criterion) => judge(criterion, evidence, iteration));
}

/** The first result that ends the run at once (`onViolation: stop`), or null. */
export function mustStop(criteria: readonly Criterion[], results: readonly CriterionResult[]): CriterionResult | null {
  const stopping = new Set(criteria.filter(({ onViolation }) => onViolation === "stop").map(({ id }) => id));
  return results.find((result) => stopping.has(result.id) && isViolation(result)) ?? null;
}

/** A measured value that does not hold, whatever verdict `else` makes of it. */
function isViolation({ outcome, value }: CriterionResult): boolean {
  return outcome !== "passed" && value !== null;
}

interface Evidence {
  index: ObservationIndex;
  places: ReadonlyMap<string, StepPlace>;
  /** Iterations that were begun, by repeat. */
  begun: ReadonlyMap<string, number>;
  /** Flat number of the iteration after which a repeat was stopped. */
  last: ReadonlyMap<string, number>;
}

function gather(observations: readonly Observation[], { places }: EvaluationContext): Evidence {
  const index = indexObservations(observations);
  return { index, places, begun: iterationsBegun(observations, places), last: new Map() };
}

function judge(criterion: Criterion, evidence: Evidence, only?: readonly number[]): CriterionResult[] {
  const { index, places, begun, last } = evidence;
  return criterion.metrics.flatMap((metric) => {
    const reader = metricReader(criterion, metric, index, places);
    if ("reason" in reader) return [result(criterion, metric, null, 0, { reason: reader.reason })];
    if (criterion.each === null) return [judgeGroup(criterion, metric, reader, [], last)];
    const depth = reader.repeats.findIndex(({ id }) => id === criterion.each) + 1;
    if (depth === 0)
      return [result(criterion, metric, null, 0, { reason: `${metric} is not measured inside \`${criterion.each}\`` })];
    if (only) return [judgeGroup(criterion, metric, reader, [...only], last)];
    const groups = iterationsOf(reader.repeats.slice(0, depth), last);
    const reached = begun.get(criterion.each) ?? 0;
    const results = groups.slice(0, reached + 1).map((group) => judgeGroup(criterion, metric, reader, group, last));
    return reached + 1 < groups.length ? withNeverBegun(results, reached, groups.length - 1) : results;
  });
}

/** Iterations that the run never came to are one result, not a thousand: the first of them speaks for all. */
function withNeverBegun(results: CriterionResult[], from: number, to: number): CriterionResult[] {
  return results.map((one, index) =>
    index < results.length - 1 ? one : { ...one, reason: `the run did not come to the iterations ${from} to ${to}` },
  );
}

function judgeGroup(
  criterion: Criterion,
  metric: string,
  reader: MetricReader,
  group: number[],
  last: ReadonlyMap<string, number>,
): CriterionResult {
  const inside = iterationsOf(reader.repeats, last, group);
  const readings = inside.map((iteration) => ({ iteration, reading: reader.read(iteration) }));
  const values = readings.flatMap(({ reading }) => ("values" in reading ? reading.values : []));
  const flat = criterion.each === null ? null : flatIteration(group, reader.repeats.slice(0, group.length));
  const missing = readings.filter(({ reading }) => "reason" in reading);
  const first = missing[0];
  if (first && "reason" in first.reading) {
    const where = first.iteration.length ? ` in iteration ${first.iteration.join(".")}` : "";
    const others = missing.length > 1 ? `; ${missing.length} of ${inside.length} have none` : "";
    return result(criterion, metric, flat, values.length, { reason: `${first.reading.reason}${where}${others}` });
  }
  if (values.length === 0) return result(criterion, metric, flat, 0, { reason: `${metric} was never due` });
  const decided = decide(values, criterion.stat, criterion.comparison);
  return result(criterion, metric, flat, values.length, decided, reader.unit);
}

function result(
  criterion: Criterion,
  metric: string,
  iteration: number | null,
  inputs: number,
  decided: { value: MetricValue } | { reason: string },
  unit = "",
): CriterionResult {
  const { id, comparison, requirement } = criterion;
  const base = { id, iteration, metric, comparison, inputs, requirement, evaluatorVersion: EVALUATOR_VERSION };
  if ("reason" in decided) return { ...base, outcome: "errored", value: null, reason: decided.reason };
  const verdict = holds(decided.value, comparison);
  if (typeof verdict === "string") return { ...base, outcome: "errored", value: null, reason: `${metric}: ${verdict}` };
  const name = `${criterion.stat === "each" ? "" : `${criterion.stat} of `}${criterion.delta ? `${metric} from ${criterion.delta[0]} to ${criterion.delta[1]}` : metric}`;
  const suffix = ["ms", "%", "B", "B/s"].includes(unit) ? ` ${unit}` : "";
  const reason = `${name} is ${show(decided.value)}${suffix}, must be ${demand(comparison)}${suffix}`;
  return { ...base, outcome: verdict ? "passed" : criterion.else, value: decided.value, reason };
}
