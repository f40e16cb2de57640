/** Rows that wait for somebody to look at them: what the reconciler finds when rings were lost. Bounded reads. */
import type { Queryable } from "../platform/database";

const MAX_ROWS = 200;
/** An assignment that nobody claimed is rung again after so long. */
const RING_AGAIN_MS = 5_000;
/** ... and taken back after so long, when its host is not there to claim it. */
const WITHDRAW_AFTER_MS = 60_000;

export interface UnclaimedRun {
  runId: string;
  epoch: number;
  queueName: string;
  /** Host gone or not accepting runs: the run goes back to the queue. */
  hopeless: boolean;
  hostName: string;
}

/** Runs whose last word is stored but whose verdict, or the end of whose lease, is not. */
export async function findUnsummarised(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM run WHERE state = 'running' AND (ended_at IS NOT NULL OR (finished_at IS NOT NULL AND parked))
      UNION ALL
     SELECT DISTINCT run.id FROM lease JOIN run ON run.id = lease.run_id
      WHERE lease.ended_at IS NULL AND run.state = 'finished' AND run.ended_at IS NOT NULL
      LIMIT $1`,
    [MAX_ROWS],
  );
  return rows.map(({ id }) => id);
}

export async function findUnclaimed(database: Queryable, now: Date): Promise<UnclaimedRun[]> {
  return database.query<UnclaimedRun & Record<string, unknown>>(
    `SELECT run.id AS "runId", run.epoch, host.queue_name AS "queueName", host.name AS "hostName",
            run.assigned_at <= $2 AND (host.observed = 'offline' OR host.intent <> 'active') AS hopeless
       FROM run JOIN host ON host.id = run.host_id
      WHERE run.state = 'assigned' AND run.assigned_at <= $1
      ORDER BY run.assigned_at LIMIT $3`,
    [new Date(now.getTime() - RING_AGAIN_MS), new Date(now.getTime() - WITHDRAW_AFTER_MS), MAX_ROWS],
  );
}

/** A person who looks at an assigned run sees whom it waits for. */
export async function sayWhoDoesNotClaim(database: Queryable, now: Date): Promise<void> {
  await database.query(
    `UPDATE run SET waiting_reason = 'host ' || host.name || ' has not claimed it yet'
       FROM host
      WHERE host.id = run.host_id AND run.state = 'assigned' AND run.assigned_at <= $1 AND run.waiting_reason IS NULL`,
    [new Date(now.getTime() - RING_AGAIN_MS)],
  );
}

export async function anyQueued(database: Queryable): Promise<boolean> {
  const rows = await database.query("SELECT 1 FROM run WHERE state = 'queued' LIMIT 1");
  return rows.length > 0;
}

/** Runs are shown as their host is seen; leases stay as they are (promise 2). */
export async function alignContact(database: Queryable): Promise<void> {
  await database.query(
    `UPDATE run SET contact = seen.contact
       FROM (SELECT id, CASE WHEN observed = 'offline' THEN 'unreachable' ELSE 'ok' END::run_contact AS contact FROM host) seen
      WHERE run.host_id = seen.id AND run.state IN ('assigned', 'running') AND run.contact <> seen.contact`,
  );
}
