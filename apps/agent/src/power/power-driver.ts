/**
 * How a slot's power is switched. Called by the runner only; promise 5 wants a witness that stands outside the drive.
 *
 * - `cut` and `restore` settle when the switch has been thrown, and may be called again in the state they lead to.
 * - `read` asks the switch, never the drive; `unknown` when it gives no clear answer. It does not throw.
 * - `witness` is the sentence that goes into the journal beside an effect's outcome.
 * @throws PowerError from `cut` and `restore`
 */
export type PowerState = "on" | "off" | "unknown";

export interface PowerDriver {
  readonly witness: string;
  cut(): Promise<void>;
  restore(): Promise<void>;
  read(): Promise<PowerState>;
}

/** The switch could not be thrown. The message says which command and how it ended. */
export class PowerError extends Error {
  override name = "PowerError";
}

/** Longest time a power command may take. */
export const MAX_EXEC_TIMEOUT_MS = 300_000;
/** Output of a power command that is kept for the error message, bytes. */
export const MAX_EXEC_OUTPUT_BYTES = 4096;
