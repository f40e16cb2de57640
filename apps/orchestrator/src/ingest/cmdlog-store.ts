/** Stores a flight recorder: the bytes as they came, and which statuses it holds. The newest of an epoch wins. */
import { type Cmdlog, decodeCmdlog } from "@assay/protocol";
import type { Transaction } from "../platform/database";
import { copyRows } from "./copy-rows";

export type CmdlogAnswer =
  | { kind: "stored"; entries: number }
  | { kind: "unknown" }
  | { kind: "forbidden" }
  | { kind: "refused"; reason: string };

interface StatusCount {
  opcode: number;
  sct: number;
  sc: number;
  outstanding: boolean;
  count: number;
  firstNs: bigint;
  lastNs: bigint;
}

/** Statuses in a recorder by opcode: pure. */
export function countStatuses(cmdlog: Cmdlog): StatusCount[] {
  const counts = new Map<string, StatusCount>();
  for (const { opcode, sct, sc, outstanding, submittedNs } of cmdlog.entries) {
    const key = `${opcode}/${sct}/${sc}/${outstanding}`;
    const known = counts.get(key);
    if (known === undefined) {
      counts.set(key, { opcode, sct, sc, outstanding, count: 1, firstNs: submittedNs, lastNs: submittedNs });
      continue;
    }
    known.count++;
    if (submittedNs < known.firstNs) known.firstNs = submittedNs;
    if (submittedNs > known.lastNs) known.lastNs = submittedNs;
  }
  return [...counts.values()];
}

/** @throws CmdlogFormatError when the bytes are no recorder. */
export async function storeCmdlog(
  transaction: Transaction,
  where: { runId: string; hostId: string; epoch: number; qid: number },
  bytes: Buffer,
  receivedAt: Date,
): Promise<CmdlogAnswer> {
  const cmdlog = decodeCmdlog(bytes);
  if (cmdlog.qid !== where.qid)
    return { kind: "refused", reason: `the recorder is of queue ${cmdlog.qid}, not ${where.qid}` };
  const [run] = await transaction.query<{ hostId: string | null; epoch: number; day: string }>(
    `SELECT host_id AS "hostId", epoch, to_char(COALESCE(claimed_at, submitted_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
       FROM run WHERE id = $1 FOR UPDATE`,
    [where.runId],
  );
  if (run === undefined) return { kind: "unknown" };
  if (run.hostId !== where.hostId) return { kind: "forbidden" };
  if (where.epoch > run.epoch) return { kind: "refused", reason: `the run has epoch ${run.epoch}, not ${where.epoch}` };
  const key = [run.day, where.runId, where.epoch, where.qid];
  await transaction.query(
    `INSERT INTO telemetry.cmdlog_segment (day, run_id, epoch, qid, received_at, label, entries, data)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (day, run_id, epoch, qid)
         DO UPDATE SET received_at = EXCLUDED.received_at, label = EXCLUDED.label, entries = EXCLUDED.entries, data = EXCLUDED.data`,
    [...key, receivedAt, cmdlog.label.replaceAll("\0", ""), cmdlog.entries.length, bytes],
  );
  await transaction.query(
    "DELETE FROM telemetry.cmdlog_status WHERE day = $1 AND run_id = $2 AND epoch = $3 AND qid = $4",
    key,
  );
  await copyRows(transaction.client, {
    table: "telemetry.cmdlog_status",
    columns: ["day", "run_id", "epoch", "qid", "opcode", "sct", "sc", "outstanding", "count", "first_at", "last_at"],
    rows: countStatuses(cmdlog).map((it) => [
      ...(key as [string, string, number, number]),
      ...[it.opcode, it.sct, it.sc, it.outstanding, it.count, isoOfNs(it.firstNs), isoOfNs(it.lastNs)],
    ]),
  });
  return { kind: "stored", entries: cmdlog.entries.length };
}

const LAST_MS = BigInt(Date.UTC(9999, 11, 31));
function isoOfNs(ns: bigint): string {
  const ms = ns / 1_000_000n;
  return new Date(Number(ms > LAST_MS ? LAST_MS : ms)).toISOString();
}
