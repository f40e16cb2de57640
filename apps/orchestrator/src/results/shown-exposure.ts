/**
 * Exposure of a run whose runner died before it told it: what the stored events show. Bytes and hours are at least so
 * many: the last moments before the death were not measured.
 */
import type { Transaction } from "../platform/database";

/** An event of power, in order. */
export interface PowerChange extends Record<string, unknown> {
  at: Date;
  effect: "power-cut" | "power-restore";
}

/** Ms with power between the open and the last event. Pure. */
export function poweredMs(opened: Date | null, last: Date, changes: readonly PowerChange[]): number {
  let since = opened?.getTime() ?? null;
  let sum = 0;
  for (const { at, effect } of changes) {
    if (effect === "power-restore") {
      since ??= at.getTime();
    } else if (since !== null) {
      sum += Math.max(0, at.getTime() - since);
      since = null;
    }
  }
  return since === null ? sum : sum + Math.max(0, last.getTime() - since);
}

/** Sets the run's exposure where its runner did not; a run without a single event of its runner stays without one. */
export async function storeShownExposure(transaction: Transaction, runId: string, day: string): Promise<void> {
  const [told] = await transaction.query<{ opened: Date | null; last: Date | null; resets: number }>(
    `SELECT min(at) FILTER (WHERE type = 'identity') AS opened, max(at) FILTER (WHERE type <> 'ended') AS last,
            count(*) FILTER (WHERE type = 'step-started' AND body->>'kind' = 'reset')::integer AS resets
       FROM telemetry.run_event WHERE day = $1 AND run_id = $2`,
    [day, runId],
  );
  if (!told?.last) return;
  const changes = await transaction.query<PowerChange>(
    `SELECT at, effect FROM telemetry.effect
      WHERE day = $1 AND run_id = $2 AND phase = 'outcome' AND ok AND effect IN ('power-cut', 'power-restore') ORDER BY seq`,
    [day, runId],
  );
  await transaction.query(
    `UPDATE run SET powered_ms = $3, power_cycles = $4, resets = $5, read_bytes = moved.read, written_bytes = moved.written
       FROM (SELECT COALESCE(sum(r), 0) AS read, COALESCE(sum(w), 0) AS written
               FROM telemetry.sample CROSS JOIN LATERAL unnest(read_bytes, write_bytes) AS bytes (r, w)
              WHERE day = $1 AND run_id = $2) moved
      WHERE run.id = $2`,
    [
      ...[day, runId, poweredMs(told.opened, told.last, changes)],
      ...[changes.filter(({ effect }) => effect === "power-restore").length, told.resets],
    ],
  );
}
