import { failed, OK, type StepExecutor } from "../scope";
import { suspect } from "../suspicion";

export const resetStep: StepExecutor<"reset"> = async (step, scope) => {
  const { drive, observations } = scope.run;
  const report = await drive.reset();
  if (!report.ok)
    return failed(`reset: ${report.reason ?? "the controller did not come back"}`, suspect("not-ready-in-time"));
  observations.emit(scope, step, { readyTime: report.readyMs, settled: report.settled });
  const limitMs = step.readyWithinMs ?? drive.controller.identity.readyTimeoutMs;
  if (report.readyMs <= limitMs) return OK;
  return failed(`ready after ${report.readyMs} ms, allowed are ${limitMs} ms`, suspect("not-ready-in-time"));
};
