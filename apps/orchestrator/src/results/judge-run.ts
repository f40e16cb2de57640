/** Verdict and attribution of a run that has ended: pure. */
import { type FinishedOutcome, verdictOf } from "@assay/plans";
import { attributionOf } from "./attribution-rules";
import { missingWord } from "./quarantined-words";
import type { RunEvidence, RunJudgement } from "./run-evidence";

/**
 * failed > errored > aborted: a valid measurement that broke a criterion stands, and so does a sector that was wrong,
 * however the run ended.
 */
export function judgeRun(evidence: RunEvidence): RunJudgement {
  const { verdict, reason } = verdictAndReason(evidence);
  const attribution = verdict === "passed" ? null : attributionOf(verdict, evidence);
  return { verdict, reason, attribution, hold: verdict === "failed" && evidence.plan.onFailure.hold };
}

function verdictAndReason(evidence: RunEvidence): Pick<RunJudgement, "verdict" | "reason"> {
  const { results, miscompares, refused, finished, ended, cancel, frozen } = evidence;
  const judged = verdictOf({ results, finished: outcomeOf(evidence), reason: reasonOf(evidence) });
  if (judged.verdict === "failed") return judged;
  if (miscompares.count > 0)
    return { verdict: "failed", reason: `${miscompares.count} wrong sectors: ${miscompares.first}` };
  // The error is in the journal, whatever became of the runner that stood there with it.
  if (frozen !== null && finished === null)
    return { verdict: "failed", reason: `${frozenWords(frozen)}; what the drive held is gone: ${reasonOf(evidence)}` };
  if (refused !== null) return { verdict: "errored", reason: `the guard refused: ${refused.reason}` };
  // Somebody asked before the runner did anything that could be judged.
  if (cancel !== null && finished === null && ended?.cause !== "crashed")
    return { verdict: "aborted", reason: cancelReason(cancel) };
  if (judged.verdict === "aborted" && cancel !== null) return { verdict: "aborted", reason: cancelReason(cancel) };
  const missing = missingWord(evidence.quarantined);
  if (judged.verdict === "passed" && missing !== null) return { verdict: "errored", reason: missing };
  return judged;
}

function frozenWords({ opcode, sct, sc, slba, path }: NonNullable<RunEvidence["frozen"]>): string {
  const hex = (n: number) => n.toString(16).padStart(2, "0");
  return `${path} had frozen the drive at status ${hex(sct)}/${hex(sc)} on opcode ${hex(opcode)}h, LBA ${slba}`;
}

function outcomeOf({ finished, ended }: RunEvidence): FinishedOutcome {
  if (ended?.cause === "killed-deadline") return "deadline";
  return finished?.outcome ?? null;
}

function reasonOf({ finished, ended }: RunEvidence): string | null {
  if (finished?.reason) return finished.reason;
  if (ended === null) return null;
  const how = ended.signal ? `signal ${ended.signal}` : ended.exitCode === null ? null : `exit code ${ended.exitCode}`;
  const words = ENDED_WORDS[ended.cause];
  if (words === null) return ended.detail;
  return [words, how && `(${how})`, ended.detail && `: ${ended.detail}`].filter(Boolean).join(" ").replace(" : ", ": ");
}

const ENDED_WORDS: Record<NonNullable<RunEvidence["ended"]>["cause"], string | null> = {
  finished: null,
  crashed: "the runner crashed",
  "killed-deadline": "the runner was killed at its deadline",
  "killed-revoked": "the runner was killed because its lease was gone",
  "never-started": "the runner was never started",
  "lost-at-boot": "the host rebooted while the runner ran",
};

function cancelReason({ by, reason }: NonNullable<RunEvidence["cancel"]>): string {
  return reason === null ? `cancelled by ${by}` : `cancelled by ${by}: ${reason}`;
}
