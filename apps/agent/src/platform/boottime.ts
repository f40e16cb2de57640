/**
 * CLOCK_BOOTTIME in TypeScript: it counts suspended time, which `process.hrtime` (CLOCK_MONOTONIC) does not.
 * Node has no call for it; /proc/uptime is that clock cut down to 10 ms. Cutting down makes a deadline earlier, never
 * later. The driver's `boottimeNs()` has the full resolution.
 */
import { readFileSync } from "node:fs";

/** Resolution of `readBoottimeNs`. */
export const BOOTTIME_RESOLUTION_NS = 10_000_000n;

export type BoottimeClock = () => bigint;

/** Nanoseconds since boot, suspended time included. */
export function readBoottimeNs(): bigint {
  return parseUptime(readFileSync("/proc/uptime", "utf8"));
}

/** @throws when the text is not that of /proc/uptime */
export function parseUptime(uptime: string): bigint {
  const match = /^(\d+)\.(\d\d)\s/.exec(uptime);
  if (match?.[1] === undefined || match[2] === undefined) throw new Error(`/proc/uptime reads "${uptime.trim()}"`);
  return (BigInt(match[1]) * 100n + BigInt(match[2])) * BOOTTIME_RESOLUTION_NS;
}

/** A new one with every boot of the kernel. */
export function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
