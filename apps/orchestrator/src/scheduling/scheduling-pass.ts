/** One pass: snapshot of the board -> assignRuns -> leases and `assigned`, in one transaction. */
import type { Transaction } from "../platform/database";
import { assignRuns } from "./assign-runs";
import { type AssignedRun, saveAssignments, saveReasons } from "./assignment-writer";
import type { BoardReader } from "./board-reader";

/** One pass at a time over all orchestrators; who comes second sees what the first one saved. */
const PASS_LOCK = 7270_0001;

export async function runPass(transaction: Transaction, reader: BoardReader, now: Date): Promise<AssignedRun[]> {
  await transaction.query("SELECT pg_advisory_xact_lock($1)", [PASS_LOCK]);
  const board = await reader.read(transaction, now);
  if (board.queued.length === 0) return [];
  const { assignments, waiting } = assignRuns(board);
  const assigned = await saveAssignments(transaction, assignments, now);
  await saveReasons(transaction, waiting, board.waitingReasons);
  return assigned;
}
