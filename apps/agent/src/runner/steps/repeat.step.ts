import { brokenInIteration } from "../judge";
import { runSequence } from "../run-step";
import { ends, failed, OK, type StepExecutor } from "../scope";
import { suspect } from "../suspicion";

export const repeatStep: StepExecutor<"repeat"> = async (step, scope) => {
  const { observations, plan } = scope.run;
  const repeats = [...scope.repeats, step.id];
  for (let round = 0; round < step.times; round++) {
    const mark = observations.all.length;
    const iteration = [...scope.iteration, round];
    const result = await runSequence(step.steps, { ...scope, repeats, iteration });
    if (ends(result)) {
      observations.emit(scope, step, { iterations: round });
      return result;
    }
    const seen = observations.visibleFrom(mark, scope.iteration.length);
    const broken = brokenInIteration(plan, step.id, iteration, seen);
    if (broken !== null) {
      observations.emit(scope, step, { iterations: round + 1 });
      return failed(`stopped after iteration ${round + 1} of ${step.times}: ${broken}`, suspect("criterion-broken"));
    }
  }
  observations.emit(scope, step, { iterations: step.times });
  return OK;
};
