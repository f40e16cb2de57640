/** Where each step stands: its path for events and history, and the repeats around it. */
import type { ResolvedPlan, ResolvedStep, StepKind } from "./model";

export interface StepPlace {
  id: string;
  kind: StepKind;
  /** Ids of the enclosing repeats and of the step, joined by `/`. A `parallel` is transparent: `cut/io`. */
  path: string;
  /** Enclosing repeats, outermost first; an observation's `iteration` has one number for each. */
  repeats: { id: string; times: number }[];
  list: "steps" | "finally";
}

/** Every step of the plan, depth first, in the order of the document. */
export function stepPlaces(plan: Pick<ResolvedPlan, "steps" | "finally">): StepPlace[] {
  return [...placesOf(plan.steps, [], "steps"), ...placesOf(plan.finally, [], "finally")];
}

function placesOf(steps: ResolvedStep[], repeats: StepPlace["repeats"], list: StepPlace["list"]): StepPlace[] {
  return steps.flatMap((step) => {
    const place: StepPlace = {
      id: step.id,
      kind: step.kind,
      path: [...repeats.map(({ id }) => id), step.id].join("/"),
      repeats,
      list,
    };
    if (step.kind === "repeat")
      return [place, ...placesOf(step.steps, [...repeats, { id: step.id, times: step.times }], list)];
    return step.kind === "parallel" ? [place, ...placesOf(step.steps, repeats, list)] : [place];
  });
}
