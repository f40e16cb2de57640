/** Asynchronous events of a drive (NVMe Base 2.0, 5.2) as a stream that keeps one request outstanding. */

import { statusName } from "../command/command-names";
import { statusText, succeeded } from "../command/status";
import { NvmeError } from "../nvme-error";
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
 * power loss. The stream ends when the controller is closed; it fails when the drive refuses the request, while the
 * controller is frozen, or when the deadline has come; the next stream tries again. The request of an abandoned stream
 * stays at the drive; its event goes to the next stream.
 */
export class AsyncEvents {
  #kept: AsyncEvent[] = [];
  #waiting: (() => void)[] = [];
  #armed = false;
  #closed = false;
  #failures = 0;
  #failure: unknown = null;

  constructor(private readonly controller: Pick<AdminChannel, "admin" | "closed">) {}

  /** No generator function: the `return` of one would wait for a `next` that waits for an event. */
  stream(): AsyncGenerator<AsyncEvent, void, undefined> {
    let failures: number | null = null;
    let ended = false;
    const next = async (): Promise<IteratorResult<AsyncEvent, void>> => {
      failures ??= this.#failures;
      while (!ended && !this.#closed) {
        const event = this.#kept.shift();
        if (event !== undefined) return { done: false, value: event };
        if (this.#failures !== failures) {
          ended = true;
          throw this.#failure;
        }
        if (!this.#armed) void this.#arm();
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      return { done: true, value: undefined };
    };
    const end = (): IteratorResult<AsyncEvent, void> => {
      ended = true;
      this.#wake();
      return { done: true, value: undefined };
    };
    const stream: AsyncGenerator<AsyncEvent, void, undefined> = {
      next,
      return: async () => end(),
      throw: async (reason) => {
        end();
        throw reason;
      },
      [Symbol.asyncIterator]: () => stream,
      [Symbol.asyncDispose]: async () => void end(),
    };
    return stream;
  }

  async #arm(): Promise<void> {
    this.#armed = true;
    try {
      await this.#listen();
    } catch (reason) {
      if (reason instanceof NvmeError && reason.code === "ERR_CLOSED") this.#closed = true;
      this.#failures++;
      this.#failure = reason;
    }
    this.#armed = false;
    this.#wake();
  }

  /** Until the controller is closed. @throws why there can be no request */
  async #listen(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    for (;;) {
      const completion = await this.controller.admin({ opcode: OPCODE });
      if (completion.local && this.controller.closed === true) {
        this.#closed = true;
        return;
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
        throw new NvmeError("ERR_UNSUPPORTED", `the drive ended Asynchronous Event Request with ${status}`);
      }
      this.#kept.push(parseEvent(completion.cdw0));
      if (this.#kept.length > MAX_KEPT) this.#kept.shift();
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
