/** A process that can be recognised later: a pid alone is reused, a pid with its start time within one boot is not. */
import { readFileSync } from "node:fs";
import { z } from "zod";

export const processMarkSchema = z.object({
  pid: z.number().int().positive(),
  /** /proc/<pid>/stat, field 22: clock ticks from boot to the start of the process. */
  startTicks: z.string().regex(/^\d+$/),
  bootId: z.string().min(1),
});
export type ProcessMark = z.infer<typeof processMarkSchema>;

/** Start ticks and state letter from /proc/<pid>/stat; null when there is no such process. */
export function readStat(pid: number): { startTicks: string; state: string } | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return null;
  }
}

/** The command name (field 2) may hold blanks and brackets: count from its last bracket. */
export function parseStat(stat: string): { startTicks: string; state: string } | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? null : { state, startTicks };
}

/** Does the process live? A zombie does not: it will never touch anything again. */
export function isAlive(mark: ProcessMark, bootId: string): boolean {
  if (mark.bootId !== bootId) return false;
  const stat = readStat(mark.pid);
  return stat !== null && stat.startTicks === mark.startTicks && stat.state !== "Z" && stat.state !== "X";
}

/** @throws when the process is not there */
export function markOf(pid: number, bootId: string): ProcessMark {
  const stat = readStat(pid);
  if (stat === null) throw new Error(`no process ${pid}`);
  return { pid, startTicks: stat.startTicks, bootId };
}
