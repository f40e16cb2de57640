/** One step, from its `step-started` to its `step-finished`; and steps one after the other. */
import type { Late, ResolvedStep, StepKind } from "@assay/plans";
import { disturbs } from "./disturbs";
import { drawnMs } from "./draws";
import { Interruption } from "./interruption";
import { placeOf } from "./place";
import { ends, OK, type StepExecutor, type StepOf, type StepResult, type StepScope, skipped } from "./scope";
import { resultOfError } from "./step-errors";

/** @throws Interruption (not of kind sibling), Refusal, or what is our own fault; always after `step-finished` */
export async function runStep(step: ResolvedStep, scope: StepScope): Promise<StepResult> {
  const { journal, clock } = scope.run;
  const place = placeOf(scope, step.id);
  let beganMs = clock.monotonicMs();
  const finish = (result: StepResult): StepResult => {
    const durationMs = Math.max(0, clock.monotonicMs() - beganMs);
    journal.append({
      type: "step-finished",
      ...place,
      kind: step.kind,
      outcome: result.outcome,
      reason: result.reason,
      durationMs,
    });
    return result;
  };
  if (scope.keepAsFailed && disturbs(step)) return finish(skipped("the drive is kept as it failed"));
  try {
    await waitForTurn(step, scope);
    scope.signal.throwIfAborted();
    beganMs = clock.monotonicMs();
    journal.append({ type: "step-started", ...place, kind: step.kind });
    return finish(await execute(step, scope));
  } catch (error) {
    if (error instanceof Interruption) {
      const result = finish(skipped(error.message));
      if (error.kind === "sibling") return result;
      throw error;
    }
    return finish(resultOrRethrow(error, finish));
  }
}

function resultOrRethrow(error: unknown, finish: (result: StepResult) => StepResult): StepResult {
  try {
    return resultOfError(error);
  } catch (thrown) {
    finish({ outcome: "errored", reason: (thrown as Error).message, suspicion: null });
    throw thrown;
  }
}

/** Ends at the first step that failed or errored, with its result. */
export async function runSequence(steps: ResolvedStep[], scope: StepScope): Promise<StepResult> {
  for (const step of steps) {
    const result = await runStep(step, scope);
    if (ends(result)) return result;
  }
  return OK;
}

function execute<K extends StepKind>(step: StepOf<K>, scope: StepScope): Promise<StepResult> {
  return (scope.run.executors[step.kind as K] as StepExecutor<K>)(step, scope);
}

async function waitForTurn(step: ResolvedStep, scope: StepScope): Promise<void> {
  const after: Late<number> | null = "afterMs" in step ? step.afterMs : null;
  if (after === null) return;
  const { clock } = scope.run;
  const beganMs = (await scope.parallel?.start.beganMs) ?? clock.monotonicMs();
  await clock.sleep(drawnMs(after, scope, step.id) - (clock.monotonicMs() - beganMs), scope.signal);
}
