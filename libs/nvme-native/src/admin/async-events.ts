/** Asynchronous events of a drive (NVMe Base 2.0, 5.2) as a stream that keeps one request outstanding. */

import { statusName } from "../command-names";
import type { Completion } from "../completion";
import { NvmeError } from "../nvme-error";
import { statusText, succeeded } from "../status";
import type { AdminChannel } from "./channel";

/** Asynchronous event of the drive, taken apart from dword 0 of its completion. */
export interface AsyncEvent {
  cdw0: number;
  /** 0 error, 1 SMART/health, 2 notice, 6 I/O command set, 7 vendor specific. */
  type: number;
  info: number;
  /** The log page to read; reading it lets the drive send events of this type again. */
  logPage: number;
}

const OPCODE = 0x0c;
/** Events kept for a consumer that is slow; then the oldest goes. */
const MAX_KEPT = 256;
const FIRST_RETRY_MS = 20;
const MAX_RETRY_MS = 1000;

export function parseEvent(cdw0: number): AsyncEvent {
  return { cdw0, type: cdw0 & 7, info: (cdw0 >>> 8) & 0xff, logPage: (cdw0 >>> 16) & 0xff };
}

/**
 * One request is outstanding from the first `next` on and is armed again after each event, also behind a reset or a
 * power loss. The stream ends when the controller is closed; it fails when the drive refuses the request or the
 * deadline has come. The request of an abandoned stream stays at the drive; its event goes to the next stream.
 */
export class AsyncEvents {
  #kept: AsyncEvent[] = [];
  #waiting: (() => void)[] = [];
  #armed = false;
  #end: "open" | "closed" | NvmeError = "open";

  constructor(private readonly controller: Pick<AdminChannel, "admin" | "closed">) {}

  async *stream(): AsyncGenerator<AsyncEvent, void, undefined> {
    for (;;) {
      const event = this.#kept.shift();
      if (event !== undefined) {
        yield event;
        continue;
      }
      if (this.#end === "closed") return;
      if (this.#end !== "open") throw this.#end;
      if (!this.#armed) void this.#arm();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #arm(): Promise<void> {
    this.#armed = true;
    let retryMs = FIRST_RETRY_MS;
    while (this.#end === "open") {
      let completion: Completion;
      try {
        completion = await this.controller.admin({ opcode: OPCODE });
      } catch (reason) {
        const closed = reason instanceof NvmeError && reason.code === "ERR_CLOSED";
        this.#end = closed ? "closed" : (reason as NvmeError);
        break;
      }
      if (completion.local && this.controller.closed === true) {
        this.#end = "closed";
        break;
      }
      if (completion.local) {
        // Cut off by a reset or without power: it is sent again until the drive takes it.
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
        continue;
      }
      retryMs = FIRST_RETRY_MS;
      if (!succeeded(completion)) {
        const status = `${statusText(completion)} (${statusName(completion.sct, completion.sc)})`;
        this.#end = new NvmeError("ERR_UNSUPPORTED", `the drive ended Asynchronous Event Request with ${status}`);
        break;
      }
      this.#kept.push(parseEvent(completion.cdw0));
      if (this.#kept.length > MAX_KEPT) this.#kept.shift();
      this.#wake();
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
