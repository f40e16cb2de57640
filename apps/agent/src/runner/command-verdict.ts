import type { Completion } from "@assay/nvme-native";
import { ruleOfStatus, statusText } from "./command-status";
import { failed, OK, type StepOf, type StepResult, type StepScope } from "./scope";
import { suspect } from "./suspicion";

/** Tells what a step's one command came back with; a status other than the one expected is the drive's failure. */
export function judgeCompletion(
  scope: StepScope,
  step: StepOf<"admin"> | StepOf<"io"> | StepOf<"namespace"> | StepOf<"firmware"> | StepOf<"zone">,
  what: string,
  completion: Completion,
): StepResult {
  const { sct, sc, cdw0, latencyNs } = completion;
  scope.run.observations.emit(scope, step, { sct, sc, cdw0, latency: latencyNs / 1e6 });
  if (sct === step.expect.sct && sc === step.expect.sc) return OK;
  const reason = `${what} came back with ${statusText(completion)}, expected ${statusText(step.expect)}`;
  return failed(reason, suspect(ruleOfStatus(completion)));
}
