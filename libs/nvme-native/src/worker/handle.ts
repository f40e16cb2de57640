/** What a script has of a running worker. */
import type { IoWorkerEvent, IoWorkerResult } from "./result";

/** Its events in order until it has ended, the newest 65 536; of several readers each event goes to one. */
export interface IoWorker extends AsyncIterable<IoWorkerEvent> {
  /** What to give `startIoWorker` to have the same commands again. */
  readonly seed: bigint;
  /** Its number. */
  readonly worker: number;
  /** False as soon as `result` has settled. */
  readonly running: boolean;
  /** Settles when the worker's thread has ended and every command of its is settled. Never rejects for a fault of the DUT. */
  readonly result: Promise<IoWorkerResult>;
  /** Nothing more is sent; what is outstanding is waited for. Again, or later, it does nothing. */
  stop(): void;
  /**
   * Ends the freeze that `onError: "freeze"` brought: what was outstanding is taken in, this worker ends as `frozen`, the
   * other ones go on. Does nothing when the controller is not frozen.
   */
  release(): void;
}
