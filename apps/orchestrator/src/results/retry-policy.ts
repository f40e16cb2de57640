/** Whether a run is tried again by itself: pure. A retry is a new run that names the first. */
import type { RunJudgement } from "./run-evidence";

/** The first attempt and two more. */
export const MAX_ATTEMPTS = 3;

export function isRetried(judgement: RunJudgement, attempt: number, cancelled: boolean): boolean {
  if (cancelled || attempt >= MAX_ATTEMPTS) return false;
  return judgement.verdict === "errored" && judgement.attribution?.cause === "host";
}
