/** How much of a host's disk a run's journal and flight recorders may take: pure, an upper estimate. */
import type { ResolvedPlan, ResolvedStep } from "@assay/plans";

const BASE_BYTES = 2 * 1024 * 1024;
/** A flight recorder of one qpair: header and 2,048 entries. */
const RECORDER_BYTES = 4096 + 2048 * 128;
/** One sample as journalled JSON. */
const SAMPLE_BYTES = 320;
/** Events of one step in one iteration: start, end, metrics, snapshots. */
const STEP_BYTES = 4096;
/** A histogram event a minute. */
const HISTOGRAM_BYTES = 8192;
/** No single run may ask for more; the host refuses what does not fit. */
export const MAX_SPOOL_BYTES = 16 * 1024 ** 3;

export function estimateSpoolBytes(plan: ResolvedPlan): number {
  const recorders = 1 + maxWorkers([...plan.steps, ...plan.finally]);
  const events = [...plan.steps, ...plan.finally].reduce((sum, step) => sum + eventBytes(step, plan.runTimeoutMs), 0);
  return Math.min(MAX_SPOOL_BYTES, Math.ceil(BASE_BYTES + recorders * RECORDER_BYTES + events));
}

function maxWorkers(steps: readonly ResolvedStep[]): number {
  return steps.reduce((sum, step) => {
    if (step.kind === "ioworker") return sum + step.workers;
    return step.kind === "repeat" || step.kind === "parallel" ? sum + maxWorkers(step.steps) : sum;
  }, 0);
}

function eventBytes(step: ResolvedStep, budgetMs: number): number {
  switch (step.kind) {
    case "repeat":
      return step.times * step.steps.reduce((sum, inner) => sum + eventBytes(inner, budgetMs / step.times), STEP_BYTES);
    case "parallel":
      return step.steps.reduce((sum, inner) => sum + eventBytes(inner, budgetMs), STEP_BYTES);
    case "ioworker": {
      const timeMs = Math.min(step.timeMs ?? budgetMs, budgetMs);
      const samples = Math.ceil(timeMs / step.sampleMs) * step.workers * SAMPLE_BYTES;
      return STEP_BYTES + samples + Math.ceil(timeMs / 60_000) * step.workers * 3 * HISTOGRAM_BYTES;
    }
    default:
      return STEP_BYTES;
  }
}
