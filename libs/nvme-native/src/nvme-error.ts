/**
 * Three failures, three ways: the DUT's fault is a value (`Completion`, `Unsupported`), the caller's fault is a coded
 * `NvmeError`, our fault is an assert. JavaScript validates and explains, C++ asserts.
 */

export type NvmeErrorCode =
  | "ERR_ARGUMENT"
  | "ERR_CLOSED"
  | "ERR_OPEN"
  | "ERR_LOCKED"
  | "ERR_GONE"
  | "ERR_UNSUPPORTED"
  | "ERR_QPAIR"
  | "ERR_TIMEOUT"
  | "ERR_DEADLINE"
  | "ERR_POWER_OFF"
  | "ERR_READY"
  | "ERR_FILE"
  | "ERR_FROZEN";

export class NvmeError extends Error {
  constructor(
    readonly code: NvmeErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "NvmeError";
  }
}
