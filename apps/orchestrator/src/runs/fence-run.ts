/**
 * An operator or a power witness vouches that a run's runner cannot touch the drive any more. Only this and the agent's
 * `ended` end a lease (promise 2). An agent that lives still has the run in hand and would refuse the next one: its slots
 * stay closed until a heartbeat no longer lists it (host-runs.ts).
 */
import type { Transaction } from "../platform/database";
import { problem } from "../platform/problem";
import { endCampaignOf } from "./end-campaign";
import { endLeases } from "./leases";
import { addRetry } from "./new-runs";
import { moveRun, type RunState, stateAfter } from "./run-transitions";

interface RunRow extends Record<string, unknown> {
  state: RunState;
  hostName: string | null;
  leased: boolean;
}

export async function fenceRun(
  transaction: Transaction,
  runId: string,
  { by, reason, retry, now }: { by: string; reason: string; retry: boolean; now: Date },
): Promise<{ retryId: string | null }> {
  const [run] = await transaction.query<RunRow>(
    `SELECT state, (SELECT name FROM host WHERE host.id = run.host_id) AS "hostName",
            EXISTS (SELECT 1 FROM lease WHERE run_id = run.id AND ended_at IS NULL) AS leased
       FROM run WHERE id = $1 FOR UPDATE`,
    [runId],
  );
  if (run === undefined) throw problem("not-found", `there is no run ${runId}`);
  if (!run.leased) throw problem("conflict", `run ${runId} holds no lease: there is nothing to fence`);
  const why = `fenced by ${by}: ${reason}`;
  await endLeases(transaction, runId, now, why, `host ${run.hostName} has not yet let go of run ${runId}, ${why}`);
  // What still comes from the old epoch is late.
  await transaction.query("UPDATE run SET epoch = epoch + 1, parked = false WHERE id = $1", [runId]);
  if (stateAfter(run.state, "fence") === null) return { retryId: null };
  await transaction.query(
    `UPDATE run SET state = $2, verdict = 'errored', verdict_reason = $3, verdict_at = $4, waiting_reason = NULL WHERE id = $1`,
    [runId, moveRun(run.state, "fence"), why, now],
  );
  await transaction.query(
    `INSERT INTO attribution (run_id, at, cause, rule, person, evidence, confidence)
     VALUES ($1, $2, 'host', 'fenced', $3, $4, 0.5)`,
    [runId, now, by, JSON.stringify({ reason })],
  );
  const retryId = retry ? await addRetry(transaction, runId, now, by) : null;
  await endCampaignOf(transaction, runId, now);
  return { retryId };
}
