/** The time that steps take at least: what is written as time, nothing for what depends on the drive. */
import type { Late, ResolvedStep } from "../model";

/** Lower bound in ms. */
export function leastDurationMs(steps: readonly ResolvedStep[]): number {
  return steps.reduce((total, step) => total + leastOf(step), 0);
}

function leastOf(step: ResolvedStep): number {
  switch (step.kind) {
    case "ioworker": {
      const endsOtherwise = step.ioCount !== null || step.passes !== null || step.until !== null;
      return earliest(step.afterMs) + (endsOtherwise ? 0 : (step.timeMs ?? 0));
    }
    case "wait":
      return earliest(step.forMs);
    case "reset":
      return earliest(step.afterMs);
    case "power":
      return earliest(step.afterMs) + (step.action === "cycle" ? step.offMs : 0);
    case "repeat":
      return step.times * leastDurationMs(step.steps);
    case "parallel":
      return step.steps.reduce((longest, member) => Math.max(longest, leastOf(member)), 0);
    default:
      return 0;
  }
}

function earliest(value: Late<number> | null): number {
  if (value === null || typeof value === "number") return value ?? 0;
  return "random" in value ? value.random.from : 0;
}
