import type { Drive } from "../drive";
import { failed, OK, type StepExecutor } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

const CAP_NSSRS = 1n << 36n;

export const resetStep: StepExecutor<"reset"> = async (step, scope) => {
  const { drive, observations } = scope.run;
  if (step.scope === "subsystem" && !(await hasSubsystemReset(drive)))
    throw new PlanMisfit("this drive has no NVM subsystem reset (CAP.NSSRS is 0)");
  const report = await drive.reset(step.scope);
  if (!report.ok)
    return failed(`reset: ${report.reason ?? "the controller did not come back"}`, suspect("not-ready-in-time"));
  observations.emit(scope, step, { readyTime: report.readyMs, settled: report.settled });
  const limitMs = step.readyWithinMs ?? drive.controller.identity.readyTimeoutMs;
  if (report.readyMs <= limitMs) return OK;
  return failed(`ready after ${report.readyMs} ms, allowed are ${limitMs} ms`, suspect("not-ready-in-time"));
};

async function hasSubsystemReset(drive: Drive): Promise<boolean> {
  const { cap } = await drive.controller.registers();
  return ((cap ?? 0n) & CAP_NSSRS) !== 0n;
}
