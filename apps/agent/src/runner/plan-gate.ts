import type { ResolvedPlan, ResolvedStep } from "@assay/plans";
import { EXECUTORS } from "./steps/table";

/** Why this runner cannot execute a plan that was resolved elsewhere, or null. Pure. */
export function planObjection(plan: ResolvedPlan): string | null {
  for (const list of ["steps", "finally", "criteria", "effects"] as const) {
    if (!Array.isArray(plan[list])) return `the order's plan has no list \`${list}\``;
  }
  return unknownKind([...plan.steps, ...plan.finally]);
}

function unknownKind(steps: readonly ResolvedStep[]): string | null {
  for (const step of steps) {
    if (!Object.hasOwn(EXECUTORS, step.kind)) return `step ${step.id}: this runner has no step kind ${step.kind}`;
    const inside = "steps" in step ? unknownKind(step.steps) : null;
    if (inside !== null) return inside;
  }
  return null;
}
