/**
 * NVM subsystem reset and shutdown notification (NVMe Base 2.0, 3.7.1 and 3.6), over any controller's registers, and its
 * power, by whatever switches that in the lab.
 */

import { field } from "../buffer/field";
import { finite, flag, having, object, refuse } from "../check";
import type { Controller } from "../contract/controller";
import { modelPower } from "../model/drive";
import { NvmeError } from "../nvme-error";
import { CAP, CC, CSTS, NSSR } from "./registers";
import type { ResetReport } from "./reset-report";

const NSSR_KEY = 0x4e56_4d65n;
const CAP_NSSRS = 1n << 36n;
const CC_SHN = 3n << 14n;
const CSTS_SHST = 3n << 2n;
const SHUTDOWN_DONE = 2n << 2n;
const MIN_SHUTDOWN_MS = 10_000;
const POLL_MS = 5;

const DEFAULT_OFF_MS = 10_000;
const MAX_OFF_MS = 24 * 3600 * 1000;
/** From the switch to the first answer of the drive: enumeration, its own firmware; CAP.TO is counted from there. */
const DEFAULT_APPEAR_MS = 10_000;
const MAX_APPEAR_MS = 600_000;
const APPEAR_POLL_MS = 100;
/** What `reopen` says of a drive that is not there yet. */
const NOT_THERE = new Set<string>(["ERR_OPEN", "ERR_GONE", "ERR_POWER_OFF"]);

type Reached = Pick<Controller, "address" | "identity" | "readRegister" | "writeRegister" | "reset" | "reopen"> &
  Partial<Pick<Controller, "closed">>;

/** Switches the drive's power: a relay, a PDU, a module in front of the slot. What it throws goes to the caller. */
export interface PowerHooks {
  /** Resolves when the power is off. */
  powerOff(): Promise<unknown> | unknown;
  powerOn(): Promise<unknown> | unknown;
}

/** What concerns all controllers of a drive at once. */
export class Subsystem {
  readonly #hooks: PowerHooks | null;

  /** @param hooks default: the switch of a software drive; other drives have none of their own. */
  constructor(
    private readonly controller: Reached,
    hooks?: PowerHooks,
  ) {
    having("controller", controller, ["address", "readRegister", "reset"]);
    this.#hooks = hooks === undefined ? switchOf(controller) : checkHooks(hooks);
  }

  /**
   * Calls the hook at once, with whatever is in flight. Workers end as `terminated` and commands as 07/82 as soon as the
   * host notices that the drive is gone, at the latest with `powerOn`. @throws ERR_UNSUPPORTED without hooks; ERR_CLOSED
   */
  async powerOff(): Promise<void> {
    await this.#need().powerOff();
  }

  /**
   * Calls the hook and brings the controller up again, as `Controller.reopen` does; a drive that is not there yet is tried
   * again for `appearMs` (default 10 000). @throws ERR_UNSUPPORTED without hooks; as `reopen`
   */
  async powerOn(options: { appearMs?: number } = {}): Promise<ResetReport> {
    const o = object<typeof options>("options", options, ["appearMs"]);
    const appearMs = finite("appearMs", o.appearMs ?? DEFAULT_APPEAR_MS, 0, MAX_APPEAR_MS);
    await this.#need().powerOn();
    const start = performance.now();
    for (;;) {
      try {
        return await this.controller.reopen();
      } catch (reason) {
        const late = performance.now() - start > appearMs;
        if (late || !(reason instanceof NvmeError && NOT_THERE.has(reason.code))) throw reason;
      }
      await sleep(APPEAR_POLL_MS);
    }
  }

  /** Off, `offMs` (default 10 000) without power, on. @throws as `powerOn` */
  async powerCycle(options: { offMs?: number; appearMs?: number } = {}): Promise<ResetReport> {
    const { offMs = DEFAULT_OFF_MS, ...on } = object<typeof options>("options", options, ["offMs", "appearMs"]);
    if (offMs !== 0) finite("offMs", offMs, 0, MAX_OFF_MS);
    await this.powerOff();
    await sleep(offMs);
    return this.powerOn(on);
  }

  #need(): PowerHooks {
    if (this.#hooks === null) {
      const { transport } = this.controller.address;
      throw new NvmeError(
        "ERR_UNSUPPORTED",
        `${transport}: nothing here switches this drive's power, give Subsystem hooks`,
      );
    }
    if (this.controller.closed === true) throw new NvmeError("ERR_CLOSED", "the controller is closed");
    return this.#hooks;
  }

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
   * the next `reset` of the controller: a drive need not answer it (NVMe Base 2.0, 3.6.1), and the software drive executes
   * nothing and gives nothing back that was still at work.
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
      await sleep(POLL_MS);
    }
  }
}

function switchOf({ address }: Reached): PowerHooks | null {
  if (address?.transport !== "model") return null;
  const { path } = address;
  return { powerOff: () => modelPower(path, "off"), powerOn: () => modelPower(path, "on") };
}

function checkHooks(hooks: PowerHooks): PowerHooks {
  if (hooks === null || typeof hooks !== "object") refuse("hooks must be an object with powerOff and powerOn");
  for (const name of ["powerOff", "powerOn"] as const)
    if (typeof hooks[name] !== "function") refuse(`hooks.${name} must be a function`);
  return hooks;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
