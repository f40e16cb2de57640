/**
 * Three failures, three ways: the DUT's fault is a value (`Completion`, `Unsupported`), the caller's fault is a coded
 * `NvmeError`, our fault is an assert. JavaScript validates and explains, C++ asserts.
 */

export type NvmeErrorCode =
  /** An argument is of another kind, beyond its limit, or contradicts another one. Nothing was sent. */
  | "ERR_ARGUMENT"
  /** The controller, queue pair, namespace object or buffer is closed, deleted, stale or freed. */
  | "ERR_CLOSED"
  /** There is no such drive, target or namespace, or it does not let itself be identified. */
  | "ERR_OPEN"
  /** Another controller or process holds the drive. */
  | "ERR_LOCKED"
  /** The device answers all ones: removed, without power, or in D3hot. */
  | "ERR_GONE"
  /** It would harm what is in flight: the message says what, and what has to end first. Nothing was sent. */
  | "ERR_BUSY"
  /** The transport, the host or the drive cannot do it; the message says which and why. */
  | "ERR_UNSUPPORTED"
  /** The drive has no queue pair left, or refuses this priority. */
  | "ERR_QPAIR"
  /** What was waited for did not come; commands never end so, they have 07/80. */
  | "ERR_TIMEOUT"
  /** `driver.setDeadline` has come: nothing is sent any more. */
  | "ERR_DEADLINE"
  /** The software drive has no power. */
  | "ERR_POWER_OFF"
  /** CSTS.RDY did not change within CAP.TO. */
  | "ERR_READY"
  /** A file cannot be made, read or written, or is none of ours. */
  | "ERR_FILE"
  /** A worker has frozen the controller at an error, until it is released. */
  | "ERR_FROZEN";

/**
 * What the caller did wrong, or what stands in the way of all that it could do; the message names argument, value and
 * limit.
 */
export class NvmeError extends Error {
  constructor(
    readonly code: NvmeErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "NvmeError";
  }
}
