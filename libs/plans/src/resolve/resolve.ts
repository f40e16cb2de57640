/** A plan meets a DUT: references bound, defaults written out, sizes checked against what the drive has. */
import { nameSteps } from "../document/ids";
import type { PlanDocument } from "../document/plan";
import { showQuantity } from "../document/units";
import type { Bound, Limit } from "../document/values";
import type { DataSheet, DutFacts, PlanNeeds, Problem, ResolvedPlan } from "../model";
import { type Path, readSource, showPath } from "../parse/positions";
import { stepPlaces } from "../places";
import { bindComparison } from "./bind-comparison";
import { bindSteps } from "./bind-steps";
import { bindParameters, makeBindings, type ParameterValues, type Report } from "./bindings";
import { leastDurationMs } from "./least-duration";

export interface ResolveContext {
  parameters: ParameterValues;
  dut: DutFacts;
  sheet: DataSheet;
  /** The plan's YAML: with it problems carry line and column, without it both are 0. */
  source?: string;
}

/** Pure; the same plan, parameters, DUT and sheet give the same resolved plan. Every problem at once. */
export function resolvePlan(
  plan: PlanDocument,
  context: ResolveContext,
): { resolved: ResolvedPlan } | { problems: Problem[] } {
  const found = new Map<string, { path: Path; message: string }>();
  const report: Report = (path, message) => found.set(`${showPath(path)} ${message}`, { path, message });
  const named = nameSteps(plan);
  const parameters = bindParameters(named.spec.parameters, context.parameters, report);
  const resolved = bindPlan(named, parameters, context, report);
  checkTime(resolved, report);
  checkIterations(resolved, report);
  if (found.size === 0) return { resolved };
  const source = context.source === undefined ? null : readSource(context.source);
  const problems = [...found.values()].map(({ path, message }) =>
    source ? source.problem(path, message) : { message, line: 0, column: 0, path: showPath(path) },
  );
  return { problems };
}

function bindPlan(
  plan: PlanDocument,
  parameters: Map<string, Limit>,
  context: ResolveContext,
  report: Report,
): ResolvedPlan {
  const { metadata, spec } = plan;
  const { dut } = context;
  const bindings = makeBindings(parameters, dut, context.sheet, report);
  const stepContext = { bindings, dut, lbaBytes: dut.lbaBytes, report };
  return {
    name: metadata.name,
    version: metadata.version,
    needs: bindNeeds(plan, (value, path) => bindings.bind(value, path)),
    effects: spec.effects,
    isolation: spec.isolation,
    runTimeoutMs: bindings.bind(spec.timeouts.run, ["spec", "timeouts", "run"]),
    steps: bindSteps(spec.steps, ["spec", "steps"], stepContext),
    finally: bindSteps(spec.finally, ["spec", "finally"], stepContext),
    onFailure: spec.onFailure,
    criteria: spec.criteria.map((criterion, index) => ({
      id: criterion.id,
      each: criterion.each,
      delta: criterion.delta,
      metrics: criterion.metric,
      where: Object.fromEntries(Object.entries(criterion.where).map(([label, { value }]) => [label, value])),
      stat: criterion.stat,
      comparison: bindComparison(criterion, ["spec", "criteria", index], bindings),
      requirement: criterion.requirement,
      onViolation: criterion.onViolation,
      else: criterion.else,
    })),
  };
}

function checkTime({ steps, runTimeoutMs }: ResolvedPlan, report: Report): void {
  const least = leastDurationMs(steps);
  const show = (ms: number) => showQuantity("duration", ms);
  if (least > runTimeoutMs)
    report(
      ["spec", "timeouts", "run"],
      `the steps take at least ${show(least)}, and the run is over after ${show(runTimeoutMs)}`,
    );
}

/** Criteria are judged per iteration, in memory. */
export const MAX_ITERATIONS = 1_000_000;

function checkIterations(plan: ResolvedPlan, report: Report): void {
  for (const { kind, repeats, id, list } of stepPlaces(plan)) {
    const product = repeats.reduce((total, { times }) => total * times, 1);
    const innermost = kind !== "repeat" && product > MAX_ITERATIONS;
    if (innermost) report(["spec", list], `\`${id}\` would run ${product} times: at most ${MAX_ITERATIONS}`);
  }
}

/** `needs` stand before any DUT is chosen, so `parse` lets only literals and parameters stand there. */
export function bindNeeds(plan: PlanDocument, bind: (value: Bound<number>, path: Path) => number): PlanNeeds {
  const { needs } = plan.spec;
  return {
    power: needs.power,
    lbaBytes: needs.lbaSizes
      .map((size, index) => bind(size, ["spec", "needs", "lbaSizes", index]))
      .sort((a, b) => a - b),
    transports: needs.transports,
    minCapacityBytes: needs.capacity === null ? null : bind(needs.capacity, ["spec", "needs", "capacity"]),
  };
}
