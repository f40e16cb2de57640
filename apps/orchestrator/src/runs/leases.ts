/** Leases: one row per resource, unique while live (promise 1). */
import type { Transaction } from "../platform/database";

/** Ends all live leases of a run and frees its slots. @returns how many there were. */
export async function endLeases(transaction: Transaction, runId: string, now: Date, reason: string): Promise<number> {
  const ended = await transaction.query<{ resourceId: string }>(
    `UPDATE lease SET ended_at = $2, end_reason = $3 WHERE run_id = $1 AND ended_at IS NULL
     RETURNING resource_id AS "resourceId"`,
    [runId, now, reason],
  );
  if (ended.length > 0) {
    await transaction.query(
      `UPDATE slot SET state = 'idle', state_reason = NULL
         FROM resource
        WHERE resource.id = ANY($1) AND resource.kind = 'slot' AND slot.id = resource.key::uuid AND slot.state = 'leased'`,
      [ended.map(({ resourceId }) => resourceId)],
    );
  }
  return ended.length;
}
