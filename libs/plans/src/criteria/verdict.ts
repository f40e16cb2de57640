/** From the results of the criteria and the way the run ended to its verdict. */
import type { CriterionResult } from "../model";

/** How the runner said that it finished; null: it never said so (it died, or was killed). */
export type FinishedOutcome = "completed" | "failed" | "errored" | "cancelled" | "deadline" | null;

export interface VerdictInput {
  results: readonly CriterionResult[];
  finished: FinishedOutcome;
  /** The runner's reason, or why it is dead. */
  reason: string | null;
}

export interface RunVerdict {
  verdict: "passed" | "failed" | "errored" | "aborted";
  reason: string;
}

/**
 * failed > errored: a valid measurement that broke a criterion stands, however the run ended. A cancelled run without
 * one is `aborted`. `passed` needs a completed run and every criterion passed.
 */
export function verdictOf({ results, finished, reason }: VerdictInput): RunVerdict {
  const failed = results.find(({ outcome }) => outcome === "failed");
  if (failed) return { verdict: "failed", reason: explain(failed) };
  if (finished === "failed") return { verdict: "failed", reason: reason ?? "a step failed" };
  if (finished === "cancelled") return { verdict: "aborted", reason: reason ?? "cancelled" };
  if (finished === "deadline") return { verdict: "errored", reason: reason ?? "the run's time was over" };
  if (finished === "errored") return { verdict: "errored", reason: reason ?? "a step could not be carried out" };
  if (finished === null) return { verdict: "errored", reason: reason ?? "the runner ended without a result" };
  const errored = results.find(({ outcome }) => outcome === "errored");
  if (errored) return { verdict: "errored", reason: explain(errored) };
  return {
    verdict: "passed",
    reason: results.length ? `all ${results.length} criterion results hold` : "all steps did what they say",
  };
}

function explain({ id, iteration, reason }: CriterionResult): string {
  return `${id}${iteration === null ? "" : ` (iteration ${iteration})`}: ${reason}`;
}
