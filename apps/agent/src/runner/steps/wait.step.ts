import { drawnMs } from "../draws";
import { OK, type StepExecutor } from "../scope";

export const waitStep: StepExecutor<"wait"> = async (step, scope) => {
  await scope.run.clock.sleep(drawnMs(step.forMs, scope, step.id), scope.signal);
  return OK;
};
