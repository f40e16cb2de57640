/** Every step has an id: the author's, or `<kind>-<n>` counted per kind in the order of the document. */
import type { StepKind } from "../model";
import type { PlanDocument } from "./plan";
import { STEP_KINDS, type StepDocument } from "./step";

export type StepBody<K extends StepKind> = NonNullable<StepDocument[K]>;

/** The kind and body of a step that has been validated. */
export function openStep(step: StepDocument): { kind: StepKind; body: StepBody<StepKind> } {
  const kind = STEP_KINDS.find((candidate) => step[candidate] !== undefined);
  if (!kind) throw new Error("a validated step has exactly one kind");
  return { kind, body: step[kind] as StepBody<StepKind> };
}

/** A copy in which every step carries an id. */
export function nameSteps(plan: PlanDocument): PlanDocument {
  const copy = structuredClone(plan);
  const all = [...stepsBelow(copy.spec.steps), ...stepsBelow(copy.spec.finally)].map(openStep);
  const taken = new Set(all.map(({ body }) => body.id).filter((id) => id !== null));
  const counters = new Map<StepKind, number>();
  for (const { kind, body } of all) {
    let count = counters.get(kind) ?? 0;
    if (body.id === null) {
      do count++;
      while (taken.has(`${kind}-${count}`));
      body.id = `${kind}-${count}`;
    }
    counters.set(kind, count);
  }
  return copy;
}

/** Depth first, in the order of the document. */
export function stepsBelow(steps: StepDocument[]): StepDocument[] {
  return steps.flatMap((step) => [step, ...stepsBelow(step.repeat?.steps ?? step.parallel?.steps ?? [])]);
}
