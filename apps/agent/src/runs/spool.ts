/** The spool: what the host's disk gives to runs that are not acknowledged yet. Decisions are pure. */
import { statfsSync } from "node:fs";
import { formatBytes } from "../inventory/units";

/** Share of the disk's free space that the spool may take when no limit is set, and its bounds in bytes. */
const DEFAULT_SHARE = 0.5;
const LEAST_LIMIT_BYTES = 64 * 1024 ** 2;
const MOST_LIMIT_BYTES = 256 * 1024 ** 3;
/** Free space that is left alone when a run is admitted. */
const RESERVE_BYTES = 32 * 1024 ** 2;

export interface SpoolView {
  limitBytes: number;
  /** Bytes on disk of all run directories. */
  usedBytes: number;
  /** What the admitted and unended runs may still write beyond what they have written. */
  promisedBytes: number;
  freeBytes: number;
}

/** Why an order does not fit, or null. Pure. */
export function spoolRefusal(view: SpoolView, orderBytes: number): string | null {
  const taken = view.usedBytes + view.promisedBytes;
  if (taken + orderBytes > view.limitBytes)
    return `the order needs ${formatBytes(orderBytes)} of spool and ${formatBytes(Math.max(0, view.limitBytes - taken))} of ${formatBytes(view.limitBytes)} are left (${formatBytes(view.usedBytes)} used, ${formatBytes(view.promisedBytes)} promised to admitted runs)`;
  const needed = view.promisedBytes + orderBytes + RESERVE_BYTES;
  if (needed > view.freeBytes)
    return `the order needs ${formatBytes(orderBytes)} of spool and the disk has ${formatBytes(view.freeBytes)} free, of which ${formatBytes(view.promisedBytes + RESERVE_BYTES)} are promised or kept back`;
  return null;
}

/** Limit when none is set: half of what the spool could have, within bounds. Pure. */
export function defaultSpoolLimit(freeBytes: number, usedBytes: number): number {
  return Math.min(MOST_LIMIT_BYTES, Math.max(LEAST_LIMIT_BYTES, Math.floor((freeBytes + usedBytes) * DEFAULT_SHARE)));
}

export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
