/** Whether a server runs on a data folder, told from its lock file and /proc. */
import { readFile, rm } from "node:fs/promises";
import path from "node:path";

/** Pid of a living server on this folder, or null. A lock file that names somebody else's process is taken away. */
export async function findRunningServer(dataDir: string): Promise<number | null> {
  const lockFile = path.join(dataDir, "postmaster.pid");
  const text = await readFile(lockFile, "utf8").catch(() => null);
  if (text === null) return null;
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (stat === null) return null;
  // A zombie is dead; PostgreSQL itself refuses until it is reaped, hence the retry in start.ts.
  if (/\) [ZX] /.test(stat)) return null;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (commandLine.split("\0").includes(dataDir)) return pid;
  // The number was given to another program since: PostgreSQL would refuse for ever.
  await rm(lockFile, { force: true });
  return null;
}
