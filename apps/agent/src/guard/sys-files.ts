/** Small reads below /sys, /proc and /run, where absent is an ordinary answer. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

export interface Roots {
  sys: string;
  proc: string;
  run: string;
}
export const REAL_ROOTS: Roots = { sys: "/sys", proc: "/proc", run: "/run" };

/** Trimmed content, or null when it is not there. */
export function text(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

/** Names in a directory, sorted; none when it is not there. */
export function list(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

/** Last part of a link's target, or null. */
export function linkName(path: string): string | null {
  try {
    return basename(readlinkSync(path));
  } catch {
    return null;
  }
}
