/** NVM subsystem reset and shutdown notification (NVMe Base 2.0, 3.7.1 and 3.6), over any controller's registers. */
import { flag, object } from "./check";
import type { Controller } from "./driver";
import { field } from "./field";
import type { ResetReport } from "./reset-report";

const CAP = 0x00;
const CC = 0x14;
const CSTS = 0x1c;
const NSSR = 0x20;
const NSSR_KEY = 0x4e56_4d65n;
const CAP_NSSRS = 1n << 36n;
const CC_SHN = 3n << 14n;
const CSTS_SHST = 3n << 2n;
const SHUTDOWN_DONE = 2n << 2n;
const MIN_SHUTDOWN_MS = 10_000;
const POLL_MS = 5;

type Reached = Pick<Controller, "identity" | "readRegister" | "writeRegister" | "reset">;

export class Subsystem {
  constructor(private readonly controller: Reached) {}

  /** Resets the whole subsystem, then brings the controller up. Without CAP.NSSRS nothing is written and `ok` is false. */
  async reset(): Promise<ResetReport> {
    if (((await this.controller.readRegister(CAP, 8)) & CAP_NSSRS) === 0n) {
      const reason = "CAP.NSSRS is 0: the drive has no NVM subsystem reset";
      return { ok: false, reason, readyMs: 0, settled: 0 };
    }
    await this.controller.writeRegister(NSSR, NSSR_KEY, 4);
    return this.controller.reset();
  }

  /**
   * Says that power may go away and waits for CSTS.SHST = 10b, at most RTD3E or 10 s, whichever is longer. No I/O until
   * the next `reset` of the controller.
   */
  async shutdownNotify(options: { abrupt?: boolean } = {}): Promise<{ ok: boolean; durationMs: number }> {
    const o = object<typeof options>("options", options, ["abrupt"]);
    const notification = flag("abrupt", o.abrupt ?? false) ? 2n : 1n;
    const limitMs = Math.max(MIN_SHUTDOWN_MS, Number(field(this.controller.identity.raw, 91, 88)) / 1000);
    const cc = await this.controller.readRegister(CC, 4);
    const start = performance.now();
    await this.controller.writeRegister(CC, (cc & ~CC_SHN) | (notification << 14n), 4);
    for (;;) {
      const csts = await this.controller.readRegister(CSTS, 4);
      const durationMs = performance.now() - start;
      if ((csts & CSTS_SHST) === SHUTDOWN_DONE) return { ok: true, durationMs };
      if (durationMs > limitMs) return { ok: false, durationMs };
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
