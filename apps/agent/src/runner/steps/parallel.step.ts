import type { ResolvedStep } from "@assay/plans";
import { Interruption, linkedAbort } from "../interruption";
import { runStep } from "../run-step";
import { ends, OK, type StepExecutor, type StepResult } from "../scope";
import { StartLine } from "../start-line";

export const parallelStep: StepExecutor<"parallel"> = async (step, scope) => {
  const { controller, release } = linkedAbort(scope.signal);
  const loads = step.steps.filter((child) => child.kind === "ioworker" && child.afterMs === null);
  const start = new StartLine(
    loads.map((child) => child.id),
    () => scope.run.clock.monotonicMs(),
  );
  const inside = {
    ...scope,
    signal: controller.signal,
    parallel: {
      start,
      disruptive: step.steps.some(disrupts),
      powerLost: scope.parallel?.powerLost ?? new AbortController(),
      stopBeside(why: string) {
        controller.abort(new Interruption("sibling", why));
        scope.parallel?.stopBeside(why);
      },
    },
  };
  const one = async (child: ResolvedStep): Promise<StepResult> => {
    try {
      const result = await runStep(child, inside);
      if (ends(result))
        controller.abort(new Interruption("sibling", `stopped: ${child.id} beside it ${result.outcome}`));
      return result;
    } catch (error) {
      controller.abort(new Interruption("sibling", `stopped: ${child.id} beside it was interrupted`));
      throw error;
    } finally {
      start.began(child.id);
    }
  };
  try {
    const settled = await Promise.allSettled(step.steps.map(one));
    const results = settled.flatMap((s) => (s.status === "fulfilled" ? [s.value] : []));
    const failure = results.find((r) => r.outcome === "failed");
    const thrown = settled.find((s) => s.status === "rejected");
    // A finding is kept also where somebody asked for the end at the same moment; a fault of our own is none of these.
    if (thrown && !(failure && thrown.reason instanceof Interruption)) throw thrown.reason;
    return failure ?? results.find((r) => r.outcome === "errored") ?? OK;
  } finally {
    release();
  }
};

function disrupts(step: ResolvedStep): boolean {
  if (step.kind === "repeat" || step.kind === "parallel") return step.steps.some(disrupts);
  if (step.kind === "firmware") return step.activate !== "none";
  return step.kind === "reset" || (step.kind === "power" && step.action !== "restore");
}
