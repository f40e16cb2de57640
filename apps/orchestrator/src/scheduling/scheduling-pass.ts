/**
 * One pass: snapshot of the fleet -> heads of the lines of drives that could take a run -> who starts -> leases and
 * `assigned`, in one transaction. Its memory and time are bounded by the fleet, not by how many runs wait.
 */
import type { Transaction } from "../platform/database";
import { Assigning, type Assignments } from "./assign-runs";
import { type AssignedRun, saveAssignments, saveDutReasons, saveReasons } from "./assignment-writer";
import { readFleet } from "./board-reader";
import { type Mark, type OpenLine, WaitingLines } from "./waiting-lines";

/** One pass at a time over all orchestrators; who comes second sees what the first one saved. */
const PASS_LOCK = 7270_0001;

export interface PassLimits {
  /** Heads that one round reads, over all drives; at least one of each drive. */
  heads: number;
  /** Rounds of a pass: a further one looks behind heads that do not fit the slot of their drive. */
  rounds: number;
}
export const PASS_LIMITS: PassLimits = { heads: 4_000, rounds: 5 };

export interface PassAnswer {
  assigned: AssignedRun[];
  /** Lines that were not looked at to their end, with nothing started on their drive: another pass goes on there. */
  unfinished: number;
}

/** Passes of one process. */
export class SchedulingPass {
  private readonly lines = new WaitingLines();
  /** Where the last pass ended in a line whose every head did not fit. */
  private readonly marks = new Map<string, Mark>();

  constructor(private readonly limits: PassLimits = PASS_LIMITS) {}

  async run(transaction: Transaction, now: Date): Promise<PassAnswer> {
    await transaction.query("SELECT pg_advisory_xact_lock($1)", [PASS_LOCK]);
    const { board, saidOfDut } = await readFleet(transaction, now);
    const assigning = new Assigning(board);
    const decided: Assignments = { assignments: [], waiting: [] };
    const said = new Map<string, string | null>();
    let open: OpenLine[] = board.duts.flatMap(({ id }) =>
      assigning.barred(id) === null ? [{ dutId: id, after: null }] : [],
    );
    for (let round = 0; round < this.limits.rounds && open.length > 0; round++) {
      const perDut = Math.max(1, Math.floor(this.limits.heads / open.length));
      const heads = await this.lines.readHeads(transaction, open, perDut);
      const { assignments, waiting } = assigning.serve(heads.map(({ run }) => run));
      decided.assignments.push(...assignments);
      decided.waiting.push(...waiting);
      for (const { run, waitingReason } of heads) said.set(run.id, waitingReason);
      const marks = new Map<string, { count: number; last: Mark }>();
      for (const { run, mark } of heads) {
        marks.set(run.dutId, { count: (marks.get(run.dutId)?.count ?? 0) + 1, last: mark });
      }
      open = open.flatMap(({ dutId, after }) => {
        const its = marks.get(dutId);
        const ended = assigning.isSettled(dutId) || its === undefined || its.count < perDut;
        if (ended) this.marks.delete(dutId);
        return ended ? [] : [{ dutId, after: (after === null ? this.marks.get(dutId) : undefined) ?? its.last }];
      });
    }
    for (const { dutId, after } of open) this.marks.set(dutId, after!);
    const assigned = await saveAssignments(transaction, decided.assignments, now);
    await saveReasons(transaction, decided.waiting, said);
    const reasons = board.duts.map(({ id }) => ({ dutId: id, reason: assigning.barred(id) }));
    await saveDutReasons(transaction, reasons, saidOfDut);
    return { assigned, unfinished: open.length };
  }
}
