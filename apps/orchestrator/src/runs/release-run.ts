/** An operator lets a frozen drive go: its runner takes in what was outstanding and ends the run. */
import type { Transaction } from "../platform/database";
import { problem } from "../platform/problem";

interface RunRow extends Record<string, unknown> {
  state: string;
  frozen: boolean;
  parked: boolean;
  serial: string;
}

/** Asked twice it keeps who was first. @throws Problem 404, 409 when its drive is not frozen */
export async function releaseRun(
  transaction: Transaction,
  runId: string,
  { by, reason, now }: { by: string; reason: string; now: Date },
): Promise<void> {
  const [run] = await transaction.query<RunRow>(
    `SELECT run.state, run.parked, run.frozen_at IS NOT NULL AND run.released_at IS NULL AND run.ended_at IS NULL AS frozen,
            dut.serial
       FROM run JOIN dut ON dut.id = run.dut_id WHERE run.id = $1 FOR UPDATE OF run`,
    [runId],
  );
  if (run === undefined) throw problem("not-found", `there is no run ${runId}`);
  if (!run.frozen) {
    const instead = run.parked ? `; it keeps its drive as it failed: release DUT ${run.serial}` : "";
    throw problem("conflict", `the drive of run ${runId} is not frozen${instead}`);
  }
  await transaction.query(
    `UPDATE run SET release_requested_at = COALESCE(release_requested_at, $2),
                    release_requested_by = COALESCE(release_requested_by, $3),
                    release_reason = COALESCE(release_reason, $4)
      WHERE id = $1`,
    [runId, now, by, reason],
  );
}
