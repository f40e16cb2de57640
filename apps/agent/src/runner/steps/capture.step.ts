import { captureEvidence } from "../capture";
import { OK, type StepExecutor } from "../scope";

export const captureStep: StepExecutor<"capture"> = async (step, scope) => {
  await captureEvidence(step.of, scope.run);
  return OK;
};
