import { type Api, answer } from "../api/connection";
import { ServerUnreachable } from "../api/server-errors";
import type { Run } from "../api/shapes";
import { CommandError, exitCodeOf, exitCodes } from "../exit-codes";
import { shortId } from "../show/quantities";
import type { Session } from "./session";

const ASK_EVERY_MS = 1000;
/** An orchestrator that restarts is back within seconds; only then the wait is given up. */
const SILENCE_IS_OK_FOR_MS = 60_000;

/** Waits until each run has its verdict, shows what happens, and sets the exit code of the worst. */
export async function waitForRuns(session: Session, ids: readonly string[], timeoutMs: number | null): Promise<Run[]> {
  const printer = session.printer();
  const begun = session.nowMs();
  const shown = new Map<string, string>();
  let lastAnswer = begun;
  for (;;) {
    const runs = await readRuns(session.api(), ids).catch((error: unknown) => {
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
      printer.progress(progressLine(runs, open, session.nowMs() - begun));
    }
    if (timeoutMs !== null && session.nowMs() - begun >= timeoutMs) {
      printer.clearProgress();
      throw new CommandError(
        exitCodes.timedOut,
        "timed out waiting",
        runs?.filter((run) => run.state !== "finished").map(openLine),
      );
    }
    await session.pause(ASK_EVERY_MS);
  }
}

function readRuns(api: Api, ids: readonly string[]): Promise<Run[]> {
  return Promise.all(ids.map((id) => answer(api.GET("/api/v1/runs/{id}", { params: { path: { id } } }))));
}

/** Off a terminal each change is a line of its own; on one the progress line shows it. */
function tellChange(session: Session, shown: Map<string, string>, run: Run): void {
  const printer = session.printer();
  const now = openLine(run);
  if (shown.get(run.id) === now) return;
  shown.set(run.id, now);
  if (!printer.isLive || run.state === "finished") printer.remark(now);
}

function openLine(run: Run): string {
  const why = run.state === "finished" ? run.reason : run.waitingReason;
  const state = run.verdict ?? (run.contact === "unreachable" ? `${run.state}, host out of contact` : run.state);
  return `${shortId(run.id)} ${run.plan} on ${run.dut.serial}: ${state}${why ? ` (${why})` : ""}`;
}

function progressLine(runs: Run[], open: Run[], sinceMs: number): string {
  const seconds = Math.round(sinceMs / 1000);
  return open.length === 1
    ? `${openLine(open[0]!)} ... ${seconds} s`
    : `${runs.length - open.length} of ${runs.length} runs finished ... ${seconds} s`;
}
