/**
 * Stores one batch of a run's events: the run's row is locked, exactly the next number is accepted, rows and `next_seq`
 * are one transaction (promise 4). An older epoch is kept as late and changes nothing (promise 1).
 */
import { type EventAck, eventRefusal, type RunEvent } from "@assay/protocol";
import type { Transaction } from "../platform/database";
import { copyRows } from "./copy-rows";
import { continueSequence } from "./event-sequence";
import { recordIdentity } from "./identity-record";
import { type Projection, projectEvents, type RunChanges } from "./projections";
import type { QuarantinedEvent, ReadEvents } from "./quarantine";
import { momentText } from "./row-collector";

export interface ReadBatch extends ReadEvents {
  eventVersion: number;
  epoch: number;
}

export type IngestAnswer =
  | { kind: "stored"; ack: EventAck; finished: boolean; ended: boolean; quarantined: readonly QuarantinedEvent[] }
  | { kind: "unknown" }
  | { kind: "forbidden" }
  | { kind: "refused"; reason: string }
  | { kind: "hole"; nextSeq: number };

interface RunRow {
  state: string;
  epoch: number;
  nextSeq: number;
  hostId: string | null;
  slotId: string | null;
  dutId: string;
  model: string;
  planName: string;
  firmwareAtStart: string | null;
  bootId: string | null;
  ended: boolean;
  claimed: boolean;
  day: string;
}

const LOCK_RUN = `
SELECT run.state, run.epoch, run.next_seq AS "nextSeq", run.host_id AS "hostId", run.slot_id AS "slotId",
       run.dut_id AS "dutId", dut.model, run.plan_name AS "planName", run.firmware_at_start AS "firmwareAtStart",
       run.boot_id AS "bootId", run.ended_at IS NOT NULL AS ended, run.claimed_at IS NOT NULL AS claimed,
       to_char(COALESCE(run.claimed_at, run.submitted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
  FROM run JOIN dut ON dut.id = run.dut_id
 WHERE run.id = $1
   FOR UPDATE OF run`;

export async function storeBatch(
  transaction: Transaction,
  runId: string,
  hostId: string,
  batch: ReadBatch,
  receivedAt: Date,
): Promise<IngestAnswer> {
  const refusal = eventRefusal(batch.eventVersion);
  if (refusal !== null) return { kind: "refused", reason: refusal };
  const [run] = await transaction.query<RunRow & Record<string, unknown>>(LOCK_RUN, [runId]);
  if (run === undefined) return { kind: "unknown" };
  if (run.hostId !== hostId) return { kind: "forbidden" };
  if (batch.epoch > run.epoch)
    return { kind: "refused", reason: `run ${runId} has epoch ${run.epoch}, not ${batch.epoch}` };
  if (batch.epoch < run.epoch || run.ended) {
    const isRepeat = batch.epoch === run.epoch && batch.events.every(({ seq }) => seq < run.nextSeq);
    if (isRepeat) return stored(run.nextSeq, false);
    await storeLate(transaction, runId, run.day, batch, receivedAt);
    return stored(batch.events[batch.events.length - 1]!.seq + 1, true);
  }
  if (!run.claimed) return { kind: "refused", reason: `run ${runId} was not claimed in epoch ${run.epoch}` };
  const next = continueSequence(run.nextSeq, batch.events);
  if (next.kind === "broken") return { kind: "refused", reason: next.reason };
  if (next.kind === "hole") return next;
  if (next.events.length === 0) return stored(run.nextSeq, false);
  const facts = { ...run, runId };
  const projection = projectEvents(facts, next.events, receivedAt);
  for (const rows of projection.rows) await copyRows(transaction.client, rows);
  const quarantined = batch.quarantined.filter(({ seq }) => seq >= next.events[0]!.seq);
  await storeQuarantined(transaction, facts, quarantined, projection, receivedAt);
  const bootId = (projection.run.boot_id as string | undefined) ?? run.bootId;
  for (const seen of projection.identities) await recordIdentity(transaction, { ...facts, ...seen, bootId });
  await changeRun(transaction, runId, {
    ...projection.run,
    next_seq: next.nextSeq,
    last_event_at: receivedAt.toISOString(),
  });
  return { ...stored(next.nextSeq, false), finished: projection.finished, ended: projection.ended, quarantined };
}

const stored = (nextSeq: number, late: boolean) =>
  ({ kind: "stored", ack: { nextSeq, late }, finished: false, ended: false, quarantined: [] }) as const;

async function changeRun(transaction: Transaction, runId: string, changes: RunChanges): Promise<void> {
  const columns = Object.keys(changes);
  const set = columns.map((column, n) => `${column} = $${n + 2}`).join(", ");
  await transaction.query(`UPDATE run SET ${set}, contact = 'ok' WHERE id = $1`, [runId, ...Object.values(changes)]);
}

/** Kept as they came. A last word that nobody can read is a last word all the same: the run goes on to its verdict. */
async function storeQuarantined(
  transaction: Transaction,
  { runId, day, epoch }: { runId: string; day: string; epoch: number },
  events: readonly QuarantinedEvent[],
  projection: Projection,
  receivedAt: Date,
): Promise<void> {
  for (const { seq, atMs, type, reason, metrics, body } of events) {
    const at = momentText(atMs);
    await transaction.query(
      `INSERT INTO telemetry.quarantined_event (day, run_id, seq, epoch, at, received_at, type, reason, metrics, body)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [day, runId, seq, epoch, at, receivedAt, type, reason, metrics, body],
    );
    if (type === "finished") Object.assign(projection, { finished: true, run: { ...projection.run, finished_at: at } });
    if (type === "ended") Object.assign(projection, { ended: true, run: { ...projection.run, ended_at: at } });
  }
}

async function storeLate(transaction: Transaction, runId: string, day: string, batch: ReadBatch, receivedAt: Date) {
  const column = <T>(pick: (event: RunEvent) => T) => batch.events.map(pick);
  const asItCame = new Map(batch.quarantined.map(({ seq, body }) => [seq, body]));
  await transaction.query(
    `INSERT INTO telemetry.late_event (day, run_id, epoch, seq, at, received_at, body)
     SELECT $1, $2, $3, seq, at, $4, body
       FROM unnest($5::integer[], $6::timestamptz[], $7::json[]) AS late (seq, at, body)
         ON CONFLICT DO NOTHING`,
    [
      ...[day, runId, batch.epoch, receivedAt],
      column(({ seq }) => seq),
      column(({ atMs }) => momentText(atMs)),
      column(({ seq, body }) => asItCame.get(seq) ?? JSON.stringify(body)),
    ],
  );
}
