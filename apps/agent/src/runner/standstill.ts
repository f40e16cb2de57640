/**
 * A drive that a worker has frozen at an error, kept as it is for whoever debugs its firmware: told in the journal, the run
 * directory marked as parked (no time limit ends a parked runner), until the agent leaves `release` or the plan's longest
 * time is over.
 */
import { closeSync, openSync, rmSync } from "node:fs";
import type { IoWorkerEvent } from "@assay/nvme-native";
import type { RunFiles } from "../runs/run-directory";
import type { Clock } from "./clock";
import type { Journal } from "./journal";
import { fileRequested, REQUEST_POLL_MS } from "./requests";

export type FrozenAt = Omit<Extract<IoWorkerEvent, { type: "frozen" }>, "type"> & {
  place: { path: string; iteration: number[] };
  worker: number;
  nsid: number;
};

export class Standstill {
  constructor(
    private readonly files: Pick<RunFiles, "parked" | "request">,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  /** Settles when the drive may be let go. Rejects, after that time, with what the journal could not take. */
  async keep(at: FrozenAt, longestMs: number): Promise<void> {
    const { clock, journal } = this;
    // Another worker met an error too, in what was taken in after the release.
    if (fileRequested(this.files.request("release"))) return;
    const beganMs = clock.monotonicMs();
    const told = this.tell(at, longestMs);
    // What cannot be written is no reason to let the evidence go.
    told.catch((error: Error) => console.error("the freeze could not be journalled:", error));
    closeSync(openSync(this.files.parked, "w", 0o600));
    const by = await this.release(beganMs + longestMs);
    rmSync(this.files.parked, { force: true });
    await told;
    journal.append({ type: "released", ...at.place, by, frozenMs: clock.monotonicMs() - beganMs });
    await journal.sync();
  }

  private async tell({ place, slba, ...command }: FrozenAt, longestMs: number): Promise<void> {
    const untilMs = Math.round(this.clock.nowMs() + longestMs);
    this.journal.append({ type: "frozen", ...place, ...command, slba: slba.toString(), untilMs });
    await this.journal.sync();
  }

  private async release(untilMs: number): Promise<"operator" | "time-limit"> {
    const request = this.files.request("release");
    const never = new AbortController().signal;
    while (!fileRequested(request)) {
      const leftMs = untilMs - this.clock.monotonicMs();
      if (leftMs <= 0) {
        // The agent gives a runner that was let go its time to end by itself, whoever let it go.
        closeSync(openSync(request, "w", 0o600));
        return "time-limit";
      }
      await this.clock.sleep(Math.min(REQUEST_POLL_MS, leftMs), never);
    }
    return "operator";
  }
}
