import type { CaptureSource } from "@assay/plans";
import type { RunContext } from "./scope";
import { SOURCES } from "./sources/sources";

/** What can be had without asking the drive, also when it is dark or gone. */
const HOST_SIDE: readonly CaptureSource[] = ["cmdlog"];

/**
 * Keeps evidence as `capture` events. A source that cannot be read is logged and the others are read all the same: a
 * failed drive often answers only in part. Nothing is asked of a drive that may not be touched.
 */
export async function captureEvidence(sources: readonly CaptureSource[], run: RunContext): Promise<void> {
  for (const of of sources) {
    if (!run.drive.usable && !HOST_SIDE.includes(of)) {
      run.journal.log("warn", `capture of ${of}: the drive cannot be asked now`);
      continue;
    }
    try {
      run.journal.append({ type: "capture", of, ...(await SOURCES[of].read(run.drive)) });
    } catch (error) {
      run.journal.log("warn", `capture of ${of}: ${(error as Error).message}`);
    }
  }
  await run.journal.sync();
}
