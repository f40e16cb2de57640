/** Seeded randomness of a run: the same seed draws the same values at the same places. */
import { drawLate, type Late, randomSeedFor } from "@assay/plans";
import { placeOf } from "./place";
import { type StepScope } from "./scope";

/** The value of a field that may be random, for this execution of the step. */
export function drawnMs(value: Late<number>, scope: StepScope, stepId: string): number {
  return drawLate(value, { seed: scope.run.order.seed, ...placeOf(scope, stepId) });
}

/** The seed of one native worker of this execution of the step. */
export function workerSeed(scope: StepScope, stepId: string, worker: number): bigint {
  const { path, iteration } = placeOf(scope, stepId);
  return randomSeedFor(scope.run.order.seed, path, iteration, worker);
}
