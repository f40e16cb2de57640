/** Looks at runs again and again until nothing more will come, and tells what happens. */
import { ServerUnreachable } from "../api/server-errors";
import { CommandError, exitCodeOf, exitCodes } from "../exit-codes";
import { shortId } from "../show/quantities";
import type { Session } from "./session";

const ASK_EVERY_MS = 1000;
/** An orchestrator that restarts is back within seconds; only then the wait is given up. */
const SILENCE_IS_OK_FOR_MS = 60_000;
/** So often the same must be seen before it counts as lasting: a hold may be released at once. */
const LOOKS_UNTIL_STUCK = 3;

/** What the waiting needs to know of a run. */
export interface Watched {
  id: string;
  plan: string;
  /** Serial. */
  dut: string;
  state: string;
  contact: string;
  verdict: string | null;
  reason: string | null;
  waitingReason: string | null;
  needsPerson: boolean;
}

export interface Watch<T extends Watched> {
  read: () => Promise<T[]>;
  timeoutMs: number | null;
  /** End also when every run that is left waits for a person. */
  untilStuck: boolean;
}

/** Sets the exit code of the worst verdict. @throws CommandError (5) at the timeout; when stuck see `stuck` */
export async function watchRuns<T extends Watched>(session: Session, watch: Watch<T>): Promise<T[]> {
  const printer = session.printer();
  const begun = session.nowMs();
  const shown = new Map<string, string>();
  let lastAnswer = begun;
  let stuckLooks = 0;
  for (;;) {
    const runs = await watch.read().catch((error: unknown) => {
      if (error instanceof ServerUnreachable && session.nowMs() - lastAnswer < SILENCE_IS_OK_FOR_MS) return null;
      throw error;
    });
    if (runs === null) printer.progress("the server does not answer; asking again ...");
    else {
      lastAnswer = session.nowMs();
      for (const run of runs) tellChange(session, shown, run);
      const open = runs.filter((run) => run.state !== "finished");
      if (open.length === 0) {
        printer.clearProgress();
        session.setExitCode(exitCodeOf(runs.map((run) => run.verdict)));
        return runs;
      }
      stuckLooks = watch.untilStuck && open.every((run) => run.needsPerson) ? stuckLooks + 1 : 0;
      if (stuckLooks >= LOOKS_UNTIL_STUCK) {
        printer.clearProgress();
        throw stuck(runs, open);
      }
      printer.progress(progressLine(runs, open, session.nowMs() - begun));
    }
    if (watch.timeoutMs !== null && session.nowMs() - begun >= watch.timeoutMs) {
      printer.clearProgress();
      const left = runs?.filter((run) => run.state !== "finished").map(openLine);
      throw new CommandError(exitCodes.timedOut, "timed out waiting", left);
    }
    await session.pause(ASK_EVERY_MS);
  }
}

/**
 * The worst verdict decides; where nothing went wrong there is still no verdict to wait for any more, which is what a
 * timeout says as well. Pure.
 */
export function stuck(runs: readonly Watched[], open: readonly Watched[]): CommandError {
  const worst = exitCodeOf(runs.map((run) => run.verdict));
  const code = worst === exitCodes.passed ? exitCodes.timedOut : worst;
  const what = open.length === 1 ? "the run that is left waits" : `the ${open.length} runs that are left wait`;
  return new CommandError(code, `nothing moves any more: ${what} for a person`, open.map(openLine));
}

/** Off a terminal each change is a line of its own; on one the progress line shows it. */
function tellChange(session: Session, shown: Map<string, string>, run: Watched): void {
  const printer = session.printer();
  const now = openLine(run);
  if (shown.get(run.id) === now) return;
  shown.set(run.id, now);
  if (!printer.isLive || run.state === "finished") printer.remark(now);
}

function openLine(run: Watched): string {
  const why = run.state === "finished" ? run.reason : run.waitingReason;
  const state = run.verdict ?? (run.contact === "unreachable" ? `${run.state}, host out of contact` : run.state);
  return `${shortId(run.id)} ${run.plan} on ${run.dut}: ${state}${why ? ` (${why})` : ""}`;
}

function progressLine(runs: Watched[], open: Watched[], sinceMs: number): string {
  const seconds = Math.round(sinceMs / 1000);
  return open.length === 1
    ? `${openLine(open[0]!)} ... ${seconds} s`
    : `${runs.length - open.length} of ${runs.length} runs finished ... ${seconds} s`;
}
