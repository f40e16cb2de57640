/** What the heartbeat says about this host's runs. */
import type { Heartbeat } from "@assay/protocol";
import type { Run } from "./run";
import { runName } from "./run-directory";
import type { Shipping } from "./shipping";

/** Runs in one heartbeat; unended ones first. */
const MAX_HELD = 1024;

export function heldRuns(runs: Run[], shipping: Shipping): Heartbeat["runs"] {
  return runs
    .filter((run) => !run.ended || shipping.of(runName(run.key))?.done === false)
    .sort((a, b) => Number(a.ended) - Number(b.ended))
    .slice(0, MAX_HELD)
    .map((run) => {
      const shipment = shipping.of(runName(run.key));
      return { ...run.key, state: stateOf(run), lastSeq: shipment?.lastSeq() ?? 0, ackedSeq: shipment?.acked ?? 0 };
    });
}

function stateOf(run: Run): Heartbeat["runs"][number]["state"] {
  if (run.ended) return "ended";
  if (run.runnerMark() === null) return "claimed";
  return run.parked() ? "parked" : "running";
}
