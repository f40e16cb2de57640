import type { Completion } from "@assay/nvme-native";
import { stepEffect } from "@assay/plans";
import { ruleOfStatus, statusText } from "../command-status";
import { carryOut } from "../effects";
import { failed, OK, type StepExecutor, type StepOf, type StepScope } from "../scope";
import { suspect } from "../suspicion";

export const adminStep: StepExecutor<"admin"> = async (step, scope) => {
  const completion = await send(step, scope);
  const { sct, sc, cdw0, latencyNs } = completion;
  scope.run.observations.emit(scope, step, { sct, sc, cdw0, latency: latencyNs / 1e6 });
  if (sct === step.expect.sct && sc === step.expect.sc) return OK;
  const reason = `opcode ${hex(step.opcode)} came back with ${statusText(completion)}, expected ${statusText(step.expect)}`;
  return failed(reason, suspect(ruleOfStatus(completion)));
};

function send(step: StepOf<"admin">, scope: StepScope): Promise<Completion> {
  const act = () => {
    const { opcode, nsid, cdw10, cdw11, cdw12, cdw13, cdw14, cdw15 } = step;
    const command = { opcode, nsid, cdw10, cdw11, cdw12, cdw13, cdw14, cdw15 };
    if (step.dataBytes === 0 || step.direction === "none") return scope.run.drive.controller.admin(command);
    return scope.run.drive.controller.admin(command, new Uint8Array(step.dataBytes), step.direction);
  };
  const effect = stepEffect(step);
  if (effect === null) return act();
  const detail = { opcode: step.opcode, nsid: step.nsid, cdw10: step.cdw10 };
  return carryOut(scope, step, effect, `admin-${hex(step.opcode)}`, detail, async () => {
    const value = await act();
    const ok = value.sct === step.expect.sct && value.sc === step.expect.sc;
    return { ok, detail: { status: statusText(value) }, witness: null, value };
  });
}

const hex = (opcode: number) => `${opcode.toString(16).padStart(2, "0")}h`;
