import type { Completion } from "@assay/nvme-native";
import { stepEffect } from "@assay/plans";
import { statusText } from "../command-status";
import { judgeCompletion } from "../command-verdict";
import { carryOut } from "../effects";
import type { StepExecutor, StepOf, StepScope } from "../scope";

export const adminStep: StepExecutor<"admin"> = async (step, scope) => {
  const completion = await send(step, scope);
  return judgeCompletion(scope, step, `opcode ${hex(step.opcode)}`, completion);
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
