/** Verify tables reach the disk during a run too: a machine that stops after hours makes only what was still written to unknown. */
import type { Clock } from "./clock";
import type { Drive } from "./drive";
import type { Journal } from "./journal";

/**
 * What was at rest from one of these instants to the next is on the disk. Shorter gains little, and a worker that comes
 * back to such a place waits for the disk before it may write: at most 64 times between two of them.
 */
export const TABLE_SYNC_MS = 120_000;

/** Until `ended`; nothing of this reaches the drive. Never rejects. */
export async function keepTablesSynced(
  drive: Pick<Drive, "syncTables">,
  clock: Pick<Clock, "sleep">,
  journal: Pick<Journal, "log">,
  ended: AbortSignal,
): Promise<void> {
  for (;;) {
    const over = await clock.sleep(TABLE_SYNC_MS, ended).then(
      () => false,
      () => true,
    );
    if (over) return;
    try {
      await drive.syncTables();
    } catch (error) {
      // `close` tries again, and what is not on the disk is unknown after a stop, never believed.
      if (!ended.aborted) journal.log("warn", `the verify tables did not reach the disk: ${(error as Error).message}`);
    }
  }
}
