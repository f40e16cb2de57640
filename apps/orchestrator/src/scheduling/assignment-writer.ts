/** Saves what a pass decided: leases (a row per resource), `assigned`, epoch + 1, and the reasons of the others. */
import type { Transaction } from "../platform/database";
import { moveRun } from "../runs/run-transitions";
import type { Assignment, Resource, WaitingRun } from "./board";
import { resourceId } from "./board-index";

export interface AssignedRun {
  runId: string;
  epoch: number;
  queueName: string;
}

/** A run that was cancelled since the snapshot stays as it is. A resource that was leased since fails the transaction. */
export async function saveAssignments(
  transaction: Transaction,
  assignments: readonly Assignment[],
  now: Date,
): Promise<AssignedRun[]> {
  if (assignments.length === 0) return [];
  const assigned = await transaction.query<AssignedRun & { endsAt: Date } & Record<string, unknown>>(
    `WITH chosen AS (
       SELECT run.id, chosen.host_id, chosen.slot_id
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS chosen (run_id, host_id, slot_id)
         JOIN run ON run.id = chosen.run_id AND run.state = 'queued'
          FOR UPDATE OF run
     )
     UPDATE run SET state = $4, epoch = epoch + 1, host_id = chosen.host_id, slot_id = chosen.slot_id, assigned_at = $5,
                    waiting_reason = NULL, contact = 'ok'
       FROM chosen JOIN host ON host.id = chosen.host_id
      WHERE run.id = chosen.id
  RETURNING run.id AS "runId", run.epoch, host.queue_name AS "queueName",
            $5::timestamptz + run.budget_ms * interval '1 ms' AS "endsAt"`,
    [
      ...[assignments.map((it) => it.runId), assignments.map((it) => it.hostId), assignments.map((it) => it.slotId)],
      ...[moveRun("queued", "assign"), now],
    ],
  );
  const taken = new Map(assigned.map((run) => [run.runId, run]));
  const leases = assignments.flatMap(({ runId, resources }) => {
    const run = taken.get(runId);
    return run === undefined ? [] : resources.map((resource) => ({ resource, run }));
  });
  const ids = await ensureResources(
    transaction,
    leases.map(({ resource }) => resource),
  );
  await transaction.query(
    `INSERT INTO lease (resource_id, run_id, epoch, from_at, ends_at)
     SELECT resource_id, run_id, epoch, $1, ends_at
       FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::timestamptz[]) AS given (resource_id, run_id, epoch, ends_at)`,
    [
      now,
      leases.map(({ resource }) => ids.get(resourceId(resource))),
      ...[leases.map(({ run }) => run.runId), leases.map(({ run }) => run.epoch), leases.map(({ run }) => run.endsAt)],
    ],
  );
  const slots = leases.flatMap(({ resource }) => (resource.kind === "slot" ? [resource.key] : []));
  await transaction.query("UPDATE slot SET state = 'leased' WHERE id = ANY($1) AND state = 'idle'", [slots]);
  return assigned.map(({ runId, epoch, queueName }) => ({ runId, epoch, queueName }));
}

async function ensureResources(transaction: Transaction, resources: readonly Resource[]): Promise<Map<string, string>> {
  const kinds = resources.map(({ kind }) => kind);
  const keys = resources.map(({ key }) => key);
  await transaction.query(
    `INSERT INTO resource (kind, key)
     SELECT DISTINCT kind, key FROM unnest($1::resource_kind[], $2::text[]) AS given (kind, key) ORDER BY kind, key
         ON CONFLICT (kind, key) DO NOTHING`,
    [kinds, keys],
  );
  const rows = await transaction.query<Resource & { id: string } & Record<string, unknown>>(
    `SELECT resource.id, resource.kind, resource.key
       FROM resource JOIN unnest($1::resource_kind[], $2::text[]) AS given (kind, key) USING (kind, key)`,
    [kinds, keys],
  );
  return new Map(rows.map((row) => [resourceId(row), row.id]));
}

/** Only reasons that changed are written: most runs wait for the same thing as before. */
export async function saveReasons(
  transaction: Transaction,
  waiting: readonly WaitingRun[],
  before: (runId: string) => string | null,
): Promise<void> {
  const changed = waiting.filter(({ runId, reason }) => before(runId) !== reason);
  if (changed.length === 0) return;
  await transaction.query(
    `UPDATE run SET waiting_reason = given.reason
       FROM unnest($1::uuid[], $2::text[]) AS given (run_id, reason)
      WHERE run.id = given.run_id AND run.state = 'queued'`,
    [changed.map(({ runId }) => runId), changed.map(({ reason }) => reason)],
  );
}

/** What bars a drive, said once for all of its runs; null where one can start. In the order of ids: others lock drives too. */
export async function saveDutReasons(
  transaction: Transaction,
  reasons: readonly { dutId: string; reason: string | null }[],
  before: ReadonlyMap<string, string | null>,
): Promise<void> {
  const changed = reasons.filter(({ dutId, reason }) => before.get(dutId) !== reason);
  if (changed.length === 0) return;
  await transaction.query(
    `WITH given AS (SELECT * FROM unnest($1::uuid[], $2::text[]) AS given (dut_id, reason)),
          locked AS (SELECT id FROM dut WHERE id IN (SELECT dut_id FROM given) ORDER BY id FOR NO KEY UPDATE)
     UPDATE dut SET waiting_reason = given.reason FROM given JOIN locked ON locked.id = given.dut_id WHERE dut.id = given.dut_id`,
    [changed.map(({ dutId }) => dutId), changed.map(({ reason }) => reason)],
  );
}
