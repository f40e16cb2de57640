/**
 * What a dead runner may have left behind: a power command has a process group of its own and outlives a runner that was
 * killed. While it lives it can still cut the power, so the slot is not free. It is known by the mark in its environment.
 */
import { readdirSync, readFileSync } from "node:fs";

/** In the environment of a runner and of everything that it starts: its run directory. */
export const RUN_MARK = "ASSAY_RUN_DIRECTORY";

/** Living processes that a run has started, the runner among them. What another user's process says is not seen. */
export function processesOf(directory: string, proc = "/proc"): number[] {
  const mark = `${RUN_MARK}=${directory}`;
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => environmentOf(`${proc}/${name}/environ`).includes(mark))
    .map(Number);
}

/** SIGKILL to all of them. @returns how many there were: the run has ended when there are none */
export function killLeftovers(directory: string): number {
  const left = processesOf(directory);
  for (const pid of left) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  return left.length;
}

/** None when the process is gone, a zombie or not ours to see. */
function environmentOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\0");
  } catch {
    return [];
  }
}
