/**
 * What follows when a run has said its last word: criteria from stored data, verdict, attribution, hold and the end of
 * the lease in one transaction. Done again it does nothing.
 */
import { EVALUATOR_VERSION, type ResolvedPlan } from "@assay/plans";
import type { Transaction } from "../platform/database";
import { endCampaignOf } from "../runs/end-campaign";
import { endLeases } from "../runs/leases";
import { addRetry } from "../runs/new-runs";
import { moveRun, type RunState } from "../runs/run-transitions";
import { storeCriterionResults } from "./criterion-rows";
import { readEvidence } from "./evidence-reader";
import { judgeRun } from "./judge-run";
import { isRetried } from "./retry-policy";
import type { RunJudgement } from "./run-evidence";
import { storeShownExposure } from "./shown-exposure";

export interface Conclusion {
  judgement: RunJudgement | null;
  leaseEnded: boolean;
  retryId: string | null;
  /** UTC date of the claim of a run that will sample no more; null while its runner is parked. */
  rollUpOf: string | null;
}

interface RunRow extends Record<string, unknown> {
  state: RunState;
  epoch: number;
  attempt: number;
  dutId: string;
  day: string;
  ended: boolean;
  /** Concluded and parked: judged before the runner is let go. */
  concluded: boolean;
  /** The runner told what it did to the drive. */
  exposed: boolean;
  cancelledBy: string | null;
  cancelReason: string | null;
  plan: ResolvedPlan;
}

const LOCK_RUN = `
SELECT run.state, run.epoch, run.attempt, run.dut_id AS "dutId",
       to_char(COALESCE(run.claimed_at, run.submitted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
       run.ended_at IS NOT NULL AS ended, run.finished_at IS NOT NULL AND run.parked AS concluded,
       run.powered_ms IS NOT NULL AS exposed,
       run.cancel_requested_by AS "cancelledBy", run.cancel_reason AS "cancelReason", resolved_plan.body AS plan
  FROM run JOIN resolved_plan ON resolved_plan.hash = run.resolved_hash
 WHERE run.id = $1
   FOR UPDATE OF run`;

/** @returns null when there is nothing to do yet, or nothing left to do. */
export async function concludeRun(transaction: Transaction, runId: string, now: Date): Promise<Conclusion | null> {
  const [run] = await transaction.query<RunRow>(LOCK_RUN, [runId]);
  if (run === undefined || !(run.ended || run.concluded)) return null;
  const judged = run.state === "finished" ? null : await storeJudgement(transaction, runId, run, now);
  const leaseEnded = run.ended && (await endLeases(transaction, runId, now, "the runner is known dead")) > 0;
  if (judged === null && !leaseEnded) return null;
  await endCampaignOf(transaction, runId, now);
  const rollUpOf = run.ended ? run.day : null;
  return { judgement: judged?.judgement ?? null, leaseEnded, retryId: judged?.retryId ?? null, rollUpOf };
}

async function storeJudgement(transaction: Transaction, runId: string, run: RunRow, now: Date) {
  const cancel = run.cancelledBy === null ? null : { by: run.cancelledBy, reason: run.cancelReason };
  const evidence = await readEvidence(transaction, { runId, day: run.day, plan: run.plan, cancel });
  const judgement = judgeRun(evidence);
  await storeCriterionResults(transaction, runId, evidence.results, evidence.observations);
  if (judgement.attribution !== null) {
    const { cause, rule, evidence: speaks, confidence } = judgement.attribution;
    await transaction.query(
      "INSERT INTO attribution (run_id, at, cause, rule, evidence, confidence) VALUES ($1, $2, $3, $4, $5, $6)",
      [runId, now, cause, rule, JSON.stringify(speaks), confidence],
    );
  }
  await transaction.query(
    `UPDATE run SET state = $2, verdict = $3, verdict_reason = $4, verdict_at = $5, evaluator_version = $6,
                    waiting_reason = NULL, contact = 'ok'
      WHERE id = $1`,
    [runId, moveRun(run.state, "conclude"), judgement.verdict, judgement.reason, now, EVALUATOR_VERSION],
  );
  if (!run.exposed) await storeShownExposure(transaction, runId, run.day);
  await noteHealth(transaction, run.dutId, judgement);
  if (judgement.hold) await holdDut(transaction, run.dutId, runId, judgement.reason, now);
  const retried = isRetried(judgement, run.attempt, cancel !== null);
  return { judgement, retryId: retried ? await addRetry(transaction, runId, now) : null };
}

/** Health is observed; intent belongs to people, apart from the hold that a failure sets. */
async function noteHealth(transaction: Transaction, dutId: string, { verdict, attribution, reason }: RunJudgement) {
  if (verdict === "passed") {
    await transaction.query("UPDATE dut SET health = 'good' WHERE id = $1 AND health = 'unknown'", [dutId]);
  } else if (verdict === "failed" && attribution?.cause === "dut") {
    await transaction.query(
      "UPDATE dut SET health = 'suspect', health_reason = $2 WHERE id = $1 AND health IN ('good', 'unknown')",
      [dutId, reason],
    );
  }
}

/** A drive that somebody already took out of use stays as it is. */
async function holdDut(
  transaction: Transaction,
  dutId: string,
  runId: string,
  reason: string,
  now: Date,
): Promise<void> {
  const why = `run ${runId} failed: ${reason}`;
  const [held] = await transaction.query(
    `INSERT INTO hold (dut_id, intent, from_at, held_by, reason, run_id) VALUES ($1, 'hold', $2, 'assay', $3, $4)
         ON CONFLICT (dut_id) WHERE to_at IS NULL DO NOTHING RETURNING id`,
    [dutId, now, why, runId],
  );
  if (held === undefined) return;
  await transaction.query("UPDATE dut SET intent = 'hold', intent_reason = $2 WHERE id = $1 AND intent = 'available'", [
    dutId,
    why,
  ]);
}
