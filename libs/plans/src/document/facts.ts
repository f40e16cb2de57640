/** What `$dut.x` and `$sheet.x` may name, and of which dimension each is. */
import type { Dimension } from "./units";

export const DUT_FACTS: Record<string, Dimension> = {
  model: "string",
  serial: "string",
  firmware: "string",
  capacityBytes: "size",
  lbaBytes: "size",
  transport: "string",
  powerCut: "boolean",
};

/** Entries of a data sheet. A sheet may leave some out; a plan that refers to one that is missing is not resolved. */
export const SHEET_ENTRIES: Record<string, { dimension: Dimension; description: string }> = {
  readyTime: { dimension: "duration", description: "longest time from power-on to CSTS.RDY = 1" },
  resetReadyTime: { dimension: "duration", description: "longest time from a controller reset to CSTS.RDY = 1" },
  formatTime: { dimension: "duration", description: "longest time of Format NVM without secure erase" },
  capacity: { dimension: "size", description: "user capacity" },
  randomRead4k: { dimension: "number", description: "4 KiB random read, I/Os a second" },
  randomWrite4k: { dimension: "number", description: "4 KiB random write, I/Os a second" },
  sequentialRead: { dimension: "rate", description: "128 KiB sequential read" },
  sequentialWrite: { dimension: "rate", description: "128 KiB sequential write" },
  readLatencyP99: { dimension: "duration", description: "99th percentile of 4 KiB random read latency at depth 1" },
  writeLatencyP99: { dimension: "duration", description: "99th percentile of 4 KiB random write latency at depth 1" },
  maxTemperature: { dimension: "number", description: "highest composite temperature in operation, kelvin" },
};
