/**
 * One pass: snapshot of the fleet -> heads of the lines of drives that could take a run -> who starts -> leases and
 * `assigned`, in one transaction. Its memory and time are bounded by the fleet, not by how many runs wait.
 */
import type { Transaction } from "../platform/database";
import { Assigning, type Assignments } from "./assign-runs";
import { type AssignedRun, saveAssignments, saveDutReasons, saveReasons } from "./assignment-writer";
import type { Board } from "./board";
import { readFleet } from "./board-reader";
import { type Head, type Mark, type OpenLine, WaitingLines } from "./waiting-lines";

/** One pass at a time over all orchestrators; who comes second sees what the first one saved. */
const PASS_LOCK = 7270_0001;

export interface PassLimits {
  /** Heads that one round reads, over all drives; at least one of each drive. */
  heads: number;
  /** Rounds of a pass: a further one looks behind heads that do not fit the slot of their drive. */
  rounds: number;
  /** Runs that one pass starts, the most urgent ones: their hosts hear of them when it has ended. */
  starts: number;
}
export const PASS_LIMITS: PassLimits = { heads: 4_000, rounds: 5, starts: 200 };

export interface PassAnswer {
  assigned: AssignedRun[];
  /** Drives on which nothing was started and whose lines were not looked at to their end: another pass goes on there. */
  unfinished: number;
}

interface Decisions extends Assignments {
  /** All that were looked at, by run. */
  heads: Map<string, Head>;
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
    const { assignments, waiting, heads, unfinished } = await this.decide(transaction, board, assigning);
    const assigned = await saveAssignments(transaction, assignments, now);
    const reasons = board.duts.map(({ id }) => ({ dutId: id, reason: assigning.barred(id) }));
    await saveDutReasons(transaction, reasons, saidOfDut);
    // What bars a drive, and be it the run that it was just given, is said of the drive and not of each run before it.
    const barred = new Set(reasons.flatMap(({ dutId, reason }) => (reason === null ? [] : [dutId])));
    await saveReasons(
      transaction,
      waiting.filter(({ runId }) => !barred.has(heads.get(runId)!.run.dutId)),
      (runId) => heads.get(runId)!.waitingReason,
    );
    return { assigned, unfinished };
  }

  private async decide(transaction: Transaction, board: Board, assigning: Assigning): Promise<Decisions> {
    const { rounds, starts } = this.limits;
    const decided: Decisions = { assignments: [], waiting: [], heads: new Map(), unfinished: 0 };
    let open: OpenLine[] = board.duts.flatMap(({ id }) =>
      assigning.barred(id) === null ? [{ dutId: id, after: null }] : [],
    );
    for (let round = 0; round < rounds && open.length > 0; round++) {
      const perDut = Math.max(1, Math.floor(this.limits.heads / open.length));
      const heads = await this.lines.readHeads(transaction, open, perDut);
      for (const head of heads) decided.heads.set(head.run.id, head);
      const { assignments, waiting } = assigning.serve(
        heads.map(({ run }) => run),
        starts - decided.assignments.length,
      );
      decided.assignments.push(...assignments);
      decided.waiting.push(...waiting);
      if (decided.assignments.length === starts) {
        const unsettled = open.filter(({ dutId }) => !assigning.isSettled(dutId));
        return { ...decided, unfinished: unsettled.length };
      }
      open = this.behind(heads, open, perDut, assigning);
    }
    for (const { dutId, after } of open) this.marks.set(dutId, after!);
    return { ...decided, unfinished: open.length };
  }

  /** The lines of which more is to be read, from where the next round goes on. */
  private behind(heads: readonly Head[], open: readonly OpenLine[], perDut: number, assigning: Assigning): OpenLine[] {
    const marks = new Map<string, { count: number; last: Mark }>();
    for (const { run, mark } of heads) {
      marks.set(run.dutId, { count: (marks.get(run.dutId)?.count ?? 0) + 1, last: mark });
    }
    return open.flatMap(({ dutId, after }) => {
      const its = marks.get(dutId);
      const ended = assigning.isSettled(dutId) || its === undefined || its.count < perDut;
      if (ended) this.marks.delete(dutId);
      return ended ? [] : [{ dutId, after: (after === null ? this.marks.get(dutId) : undefined) ?? its.last }];
    });
  }
}
