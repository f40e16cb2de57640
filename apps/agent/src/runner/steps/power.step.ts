import type { PowerDriver, PowerState } from "../../power/power-driver";
import { carryOut } from "../effects";
import { errored, failed, OK, type StepExecutor, type StepOf, type StepResult, type StepScope } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

export const powerStep: StepExecutor<"power"> = async (step, scope) => {
  const { power } = scope.run;
  if (power === null) throw new PlanMisfit("this slot has no power driver in the host's file");
  if (step.action !== "restore") {
    const cut = await cutPower(step, scope, power);
    if (cut.outcome !== "ok" || step.action === "cut") return cut;
    await scope.run.clock.sleep(step.offMs, scope.signal);
  }
  return restorePower(step, scope, power);
};

async function cutPower(step: StepOf<"power">, scope: StepScope, power: PowerDriver): Promise<StepResult> {
  const { run } = scope;
  const state = await carryOut(scope, step, "power-cycles", "power-cut", {}, async () => {
    await power.cut();
    run.cutAtMs = run.clock.monotonicMs();
    run.drive.wentDark();
    scope.parallel?.powerLost.abort();
    return witnessed(power, "off");
  });
  return disagreement(state, "off") ?? OK;
}

/** The switch alone: power on and read back. */
export async function switchOn(
  step: { id: string },
  scope: StepScope,
  power: PowerDriver,
): Promise<{ result: StepResult; onAtMs: number }> {
  let onAtMs = 0;
  const state = await carryOut(scope, step, "power-cycles", "power-restore", {}, async () => {
    onAtMs = scope.run.clock.monotonicMs();
    await power.restore();
    return witnessed(power, "on");
  });
  return { result: disagreement(state, "on") ?? OK, onAtMs };
}

/** Power on, controller ready, identity checked. Also called at the end of a run that left its drive dark. */
export async function restorePower(
  step: { id: string; kind: "power"; readyWithinMs: number | null },
  scope: StepScope,
  power: PowerDriver,
): Promise<StepResult> {
  const { drive, clock, observations } = scope.run;
  const { result, onAtMs } = await switchOn(step, scope, power);
  if (result.outcome !== "ok") return result;
  const report = await drive.reopen();
  if (!report.ok)
    return failed(`after power-on: ${report.reason ?? "the controller did not come up"}`, suspect("not-ready-in-time"));
  const readyTime = clock.monotonicMs() - onAtMs;
  const offTime = scope.run.cutAtMs === null ? undefined : onAtMs - scope.run.cutAtMs;
  observations.emit(scope, step, { readyTime, offTime });
  const limitMs = step.readyWithinMs ?? drive.controller.identity.readyTimeoutMs;
  if (readyTime <= limitMs) return OK;
  return failed(
    `ready ${Math.round(readyTime)} ms after power-on, allowed are ${limitMs} ms`,
    suspect("not-ready-in-time"),
  );
}

async function witnessed(power: PowerDriver, wanted: PowerState) {
  const value = await power.read();
  return { ok: value === wanted, detail: { power: value }, witness: power.witness, value };
}

/** `unknown` is no contradiction: there are switches that cannot be read back. */
function disagreement(state: PowerState, wanted: "on" | "off"): StepResult | null {
  if (state === wanted || state === "unknown") return null;
  return errored(
    `power was switched ${wanted}, but the power driver reads ${state}`,
    suspect("power-witness-disagrees"),
  );
}
