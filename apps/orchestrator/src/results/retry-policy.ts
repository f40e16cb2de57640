/** Whether a run is tried again by itself: pure. A retry is a new run that names the first. */
import { GUARD_PREFIX } from "./attribution-rules";
import type { RunJudgement } from "./run-evidence";

/** The first attempt and two more. */
export const MAX_ATTEMPTS = 3;

export function isRetried(judgement: RunJudgement, attempt: number, cancelled: boolean): boolean {
  if (cancelled || attempt >= MAX_ATTEMPTS) return false;
  if (judgement.verdict !== "errored" || judgement.attribution?.cause !== "host") return false;
  // What the guard refused once it refuses again: a person has to change something first.
  return !judgement.attribution.rule.startsWith(GUARD_PREFIX);
}
