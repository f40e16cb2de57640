/** How a run ends on the host: the kill, and the last event once the runner is known dead. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { EventBody } from "@assay/protocol";
import { writeDurably } from "../platform/durable-file";
import type { Logger } from "../platform/logger";
import { saveRings } from "./cmdlog-files";
import { closeJournal, scanJournal } from "./journal-file";
import { killLeftovers } from "./leftovers";
import { readStat } from "./process-mark";
import { type Run, TOMBSTONE_TICKS } from "./run";
import { runFiles, runName } from "./run-directory";
import type { EndCause, KillCause, RunView } from "./run-moves";
import { announceRunner, EXIT_DIRECTORY_TAKEN, RunnerDirectoryTaken } from "./runner-mark";

/** Characters of the runner's last words in `ended`. */
const MAX_LAST_WORDS = 1500;
/** A pid that is no process; the mark's ticks say that it is a tombstone. */
const NOBODY = 2 ** 22;

/**
 * SIGKILL to the runner and what it started. The reason is on disk first, so that a restarted agent knows it too; a full disk
 * keeps nobody alive.
 */
export function killRunner(run: Run, cause: KillCause, log: Logger): void {
  const pid = run.runnerMark()?.pid ?? run.child?.pid;
  if (pid === undefined) return;
  // It has exited by itself; an agent that slept is told of it in a moment.
  if (readStat(pid)?.state === "Z") return;
  if (run.killedFor() === null) sayWhy(run, cause, log);
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function sayWhy(run: Run, cause: KillCause, log: Logger): void {
  run.killed = cause;
  log.warn(`run ${runName(run.key)}: its runner is killed (${cause})`);
  try {
    writeDurably(run.files.killed, cause);
  } catch (error) {
    log.error(`run ${runName(run.key)}: the disk does not say why it was killed: ${(error as Error).message}`);
  }
}

/**
 * Saves the flight recorder, repairs the journal and appends `ended`. Can be repeated after a crash in the middle. A run
 * whose runner did not conclude has not ended while a command that it started lives: it is killed, the next tick looks.
 */
export function endRun(
  run: Run,
  close: { cause: EndCause; entomb: boolean },
  view: RunView,
  bootId: string,
  nowMs: number,
): void {
  if (close.entomb && !entomb(run.files.directory, bootId)) return;
  if (!view.finished && view.sameBoot && killLeftovers(run.files.directory) > 0) return;
  if (run.launch !== null) saveRings(run.launch.cmdlogDir, run.files.cmdlog);
  if (!scanJournal(run.files.journal).ended)
    closeJournal(run.files.journal, [endedEvent(run, close.cause, view)], nowMs);
  run.ended = true;
}

/** For an order that was refused: nothing was started and nothing will be. */
export function buryUnstarted(directory: string, reason: string, bootId: string, nowMs: number, why?: EventBody): void {
  if (!entomb(directory, bootId)) return;
  const ended: EventBody = { type: "ended", exitCode: null, signal: null, cause: "never-started", detail: reason };
  closeJournal(runFiles(directory).journal, why === undefined ? [ended] : [why, ended], nowMs);
}

/** @returns false when a runner was faster: it lives, and the next tick sees it */
function entomb(directory: string, bootId: string): boolean {
  try {
    announceRunner(directory, { pid: NOBODY, startTicks: TOMBSTONE_TICKS, bootId });
    return true;
  } catch (error) {
    if (error instanceof RunnerDirectoryTaken) return false;
    throw error;
  }
}

function endedEvent(run: Run, cause: EndCause, view: RunView): EventBody {
  const exit = run.exit?.code === EXIT_DIRECTORY_TAKEN ? null : run.exit;
  const detail = cause === "finished" ? null : detailOf(run, cause, view);
  return { type: "ended", exitCode: exit?.code ?? null, signal: exit?.signal ?? null, cause, detail };
}

function detailOf(run: Run, cause: EndCause, view: RunView): string {
  const sentence: Record<EndCause, string> = {
    finished: "",
    crashed: "the runner died before it had finished",
    "killed-deadline": "the runner had not ended some time after its deadline and was killed",
    "killed-revoked": "the lease was revoked and the runner had not ended some time later; it was killed",
    "never-started":
      run.exit === null
        ? view.revokedNs !== null
          ? "the lease was revoked before a runner started"
          : "the deadline passed before a runner started"
        : "the runner died before it had begun",
    "lost-at-boot": "the host was restarted while the run went on",
  };
  const problem = run.exit?.problem ?? null;
  const words = cause === "crashed" || cause === "never-started" ? lastWords(run.files.runnerLog) : "";
  return [sentence[cause], problem, words]
    .filter((part) => part !== null && part !== "")
    .join("; ")
    .slice(0, 4000);
}

function lastWords(log: string): string {
  try {
    const size = statSync(log).size;
    const buffer = Buffer.alloc(Math.min(size, MAX_LAST_WORDS));
    const fd = openSync(log, "r");
    readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    closeSync(fd);
    const text = buffer.toString("utf8").trim();
    return text === "" ? "" : `its last words: ${text}`;
  } catch {
    return "";
  }
}
