import type { Shown } from "../conformance/show-behaviour";

/** What the machine outside asks a guest, and what the guest answers: one JSON line each, one request at a time. */
export type GuestRequest =
  /** Shows a behaviour, named by its id and sentence; `open` opens and closes the first drive. */
  | { key: string; limitMs: number }
  /** Runs a shell command, with no process on the drives. */
  | { shell: string; limitMs: number }
  /** Gives the first drive to this driver of the kernel, with no process on it. */
  | { bind: string; limitMs: number };

export type GuestAnswer = Shown | { output: string } | { failed: string };

/** On their way each has a number: an answer that comes after its time is not taken for the next one's. */
export interface Numbered {
  number: number;
}
