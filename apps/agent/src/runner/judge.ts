/** The runner's own reading of the criteria, by the same pure function that the orchestrator uses on stored data. */
import {
  type CriterionResult,
  evaluateCriteria,
  evaluateIteration,
  evaluationContext,
  mustStop,
  type Observation,
  type ResolvedPlan,
} from "@assay/plans";

export function judgeRun(plan: ResolvedPlan, observations: readonly Observation[]): CriterionResult[] {
  return evaluateCriteria(plan.criteria, observations, evaluationContext(plan));
}

/** A sentence when an iteration that just ended broke a criterion that says `onViolation: stop`, else null. */
export function brokenInIteration(
  plan: ResolvedPlan,
  repeat: string,
  iteration: number[],
  observations: readonly Observation[],
): string | null {
  const stopping = plan.criteria.filter((c) => c.onViolation === "stop" && c.each === repeat);
  if (stopping.length === 0) return null;
  const broken = mustStop(
    stopping,
    evaluateIteration(stopping, repeat, iteration, observations, evaluationContext(plan)),
  );
  return broken ? `criterion ${broken.id}: ${broken.reason}` : null;
}
