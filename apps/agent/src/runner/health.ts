/** The default rules that hold for every plan: what the drive says of itself at the start and at the end of a run. */
import { CommandFailed } from "./command-status";
import { failed, OK, type RunContext, type StepResult } from "./scope";
import type { Fields } from "./sources/fields";
import { SOURCES } from "./sources/sources";
import { suspect } from "./suspicion";

/** SMART as it is now, kept as a snapshot with path `start` or `end`; null when the drive has no such page. */
export async function readHealth(run: RunContext, path: "start" | "end"): Promise<Fields | null> {
  try {
    const reading = await SOURCES.smart.read(run.drive);
    run.journal.append({ type: "snapshot", path, iteration: [], of: "smart", ...reading });
    return reading.fields;
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.status.local) throw error;
    run.journal.log("warn", `no SMART page at the ${path} of the run: ${error.message}`);
    return null;
  }
}

/** Media errors up, a warning newly set or a fatal controller are the drive's fault, whatever the criteria say. Pure. */
export function judgeHealth(before: Fields | null, after: Fields | null, registers: Fields): StepResult {
  if (registers.fatal === true)
    return failed("the controller reports a fatal status (CSTS.CFS)", suspect("controller-fatal"));
  if (before === null || after === null) return OK;
  const grown = BigInt(String(after.mediaErrors)) - BigInt(String(before.mediaErrors));
  if (grown > 0n) return failed(`media errors went up by ${grown}`, suspect("media-errors"));
  const newBits = Number(after.criticalWarning) & ~Number(before.criticalWarning);
  if (newBits !== 0)
    return failed(`critical warning bits newly set: 0x${newBits.toString(16)}`, suspect("critical-warning"));
  return OK;
}
