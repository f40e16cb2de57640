/** Somebody asks that a run ends. */
import type { Transaction } from "../platform/database";
import { problem } from "../platform/problem";
import { endCampaignOf } from "./end-campaign";
import { endLeases } from "./leases";
import { moveRun, type RunState, stateAfter } from "./run-transitions";

export interface CancelWish {
  by: string;
  reason: string | null;
  now: Date;
}

export type CancelAnswer = "aborted" | "asked" | "finished";

interface RunRow extends Record<string, unknown> {
  state: RunState;
}

/**
 * A run that nobody claimed is aborted at once; a running one is asked through its agent and gets its verdict when it
 * has ended. @throws Problem 404
 */
export async function cancelRun(transaction: Transaction, runId: string, wish: CancelWish): Promise<CancelAnswer> {
  const [run] = await transaction.query<RunRow>("SELECT state FROM run WHERE id = $1 FOR UPDATE", [runId]);
  if (run === undefined) throw problem("not-found", `there is no run ${runId}`);
  if (run.state === "finished") return "finished";
  await transaction.query(
    `UPDATE run SET cancel_requested_at = COALESCE(cancel_requested_at, $2),
                    cancel_requested_by = COALESCE(cancel_requested_by, $3),
                    cancel_reason = COALESCE(cancel_reason, $4)
      WHERE id = $1`,
    [runId, wish.now, wish.by, wish.reason],
  );
  if (stateAfter(run.state, "cancel") === null) return "asked";
  await abortRun(transaction, runId, moveRun(run.state, "cancel"), wish);
  return "aborted";
}

/** Verdict `aborted`, attributed to the person; the epoch moves on so that a claim under way is refused. */
async function abortRun(transaction: Transaction, runId: string, state: RunState, { by, reason, now }: CancelWish) {
  const why = reason === null ? `cancelled by ${by}` : `cancelled by ${by}: ${reason}`;
  await endLeases(transaction, runId, now, why);
  await transaction.query(
    `UPDATE run SET state = $2, verdict = 'aborted', verdict_reason = $3, verdict_at = $4, waiting_reason = NULL,
                    epoch = epoch + 1
      WHERE id = $1`,
    [runId, state, why, now],
  );
  await transaction.query(
    `INSERT INTO attribution (run_id, at, cause, rule, person, confidence) VALUES ($1, $2, 'operator', 'cancelled', $3, 1)`,
    [runId, now, by],
  );
  await endCampaignOf(transaction, runId, now);
}
