/** `runner.json`: who owns a run directory. Made once and never replaced, so that of two runners exactly one goes on. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readBootId } from "../platform/boottime";
import { syncFolder } from "../platform/durable-file";
import { markOf, type ProcessMark, processMarkSchema } from "./process-mark";

export const RUNNER_MARK = "runner.json";
/** Exit code of a runner that found the directory taken; it has touched nothing. */
export const EXIT_DIRECTORY_TAKEN = 75;

export class RunnerDirectoryTaken extends Error {
  override name = "RunnerDirectoryTaken";
}

/** The runner's first act. @throws RunnerDirectoryTaken when another runner (or the agent's tombstone) was faster. */
export function announceRunner(directory: string, mark: ProcessMark = markOf(process.pid, readBootId())): void {
  const aside = join(directory, `.${RUNNER_MARK}.${mark.pid}`);
  const fd = openSync(aside, "w", 0o600);
  try {
    writeSync(fd, JSON.stringify(mark));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(aside, join(directory, RUNNER_MARK));
    syncFolder(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new RunnerDirectoryTaken(`${directory} belongs to another runner`);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** null when no runner has announced itself. @throws when the file is there and is none of ours */
export function readRunnerMark(directory: string): ProcessMark | null {
  let content: string;
  try {
    content = readFileSync(join(directory, RUNNER_MARK), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return processMarkSchema.parse(JSON.parse(content));
}
