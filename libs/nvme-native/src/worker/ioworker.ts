import { addon, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import type { NativeWorkerOptions } from "../addon/worker";
import type { IoWorker } from "./handle";
import type { IoWorkerEvent, IoWorkerResult } from "./result";

/** Events kept for a reader that lags; the oldest are dropped beyond that (the result has the totals). */
const MAX_EVENTS_KEPT = 65_536;

export class NvmeIoWorker implements IoWorker {
  readonly result: Promise<IoWorkerResult>;
  readonly #native: NativeHandle;
  #events: IoWorkerEvent[] = [];
  #ended = false;
  #waiting: (() => void)[] = [];

  readonly seed: bigint;
  readonly worker: number;

  constructor(namespace: NativeHandle, options: NativeWorkerOptions) {
    this.seed = options.seed;
    this.worker = options.worker;
    const started = addon().startIoWorker(namespace, options, (event) => this.#take(event));
    this.#native = started.handle;
    this.result = settle(started.result).finally(() => {
      this.#ended = true;
      this.#wake();
    });
    // Whoever reads only the events must not be punished for not awaiting the result.
    this.result.catch(() => {});
  }

  get running(): boolean {
    return !this.#ended;
  }

  stop(): void {
    addon().stopIoWorker(this.#native);
  }

  release(): void {
    addon().releaseIoWorker(this.#native);
  }

  #take(event: IoWorkerEvent): void {
    if (this.#events.length >= MAX_EVENTS_KEPT) this.#events.shift();
    this.#events.push(event);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Events in order until the worker has ended; of several readers each event goes to one. */
  async *[Symbol.asyncIterator](): AsyncIterator<IoWorkerEvent> {
    for (;;) {
      const events = this.#events;
      this.#events = [];
      yield* events;
      if (this.#events.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
