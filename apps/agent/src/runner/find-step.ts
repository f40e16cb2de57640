import type { ResolvedStep } from "@assay/plans";

/** The step with this id, however deep it stands. Pure. */
export function findStep(steps: readonly ResolvedStep[], id: string): ResolvedStep | undefined {
  for (const step of steps) {
    if (step.id === id) return step;
    const inside = "steps" in step ? findStep(step.steps, id) : undefined;
    if (inside) return inside;
  }
  return undefined;
}
