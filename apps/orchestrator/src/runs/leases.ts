/** Leases: one row per resource, unique while live (promise 1). */
import type { Queryable, Transaction } from "../platform/database";

/**
 * Ends all live leases of a run and frees its slots; `kept` says why those of its own host stay closed (`fenced`) until
 * that host has let go of the run. @returns how many there were.
 */
export async function endLeases(
  transaction: Transaction,
  runId: string,
  now: Date,
  reason: string,
  kept: string | null = null,
): Promise<number> {
  const ended = await transaction.query<{ resourceId: string }>(
    `UPDATE lease SET ended_at = $2, end_reason = $3 WHERE run_id = $1 AND ended_at IS NULL
     RETURNING resource_id AS "resourceId"`,
    [runId, now, reason],
  );
  if (ended.length > 0) {
    await transaction.query(
      `UPDATE slot SET state = CASE WHEN is_kept THEN 'fenced' ELSE 'idle' END::slot_state,
                       state_reason = CASE WHEN is_kept THEN $2 END
         FROM (SELECT own.id, $2::text IS NOT NULL AND own.host_id = run.host_id AS is_kept
                 FROM resource JOIN slot own ON own.id::text = resource.key, run
                WHERE resource.id = ANY($1) AND resource.kind = 'slot' AND run.id = $3) its
        WHERE slot.id = its.id AND slot.state = 'leased'`,
      [ended.map(({ resourceId }) => resourceId), kept, runId],
    );
  }
  return ended.length;
}

/**
 * A host says which runs it still has in hand: slots that were fenced from another one of its runs are free again.
 * @returns how many.
 */
export async function freeFencedSlots(
  database: Queryable,
  hostId: string,
  held: readonly { runId: string; epoch: number }[],
): Promise<number> {
  const freed = await database.query(
    `UPDATE slot SET state = 'idle', state_reason = NULL
       FROM resource
       JOIN LATERAL (SELECT run_id, epoch FROM lease WHERE resource_id = resource.id ORDER BY id DESC LIMIT 1) last ON true
       JOIN run ON run.id = last.run_id
      WHERE slot.state = 'fenced' AND resource.kind = 'slot' AND resource.key = slot.id::text AND run.host_id = $1
        AND (last.run_id, last.epoch) NOT IN (SELECT * FROM unnest($2::uuid[], $3::integer[]))
  RETURNING slot.id`,
    [hostId, held.map(({ runId }) => runId), held.map(({ epoch }) => epoch)],
  );
  return freed.length;
}
