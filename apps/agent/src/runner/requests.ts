/** What may end a run from outside: request files of the agent and the run's own deadline, looked at together. */
import { existsSync } from "node:fs";
import { Interruption } from "./interruption";

export const REQUEST_POLL_MS = 200;

export interface StopSources {
  requested(request: "cancel" | "revoke"): boolean;
  boottimeNs(): bigint;
  deadlineNs: bigint;
  /** Makes the driver send nothing from now on. */
  silence(): void;
}

export interface Stops {
  /** Cancel, revoke and deadline: for the plan's steps. */
  soft: AbortSignal;
  /** Revoke and deadline: for `finally` and what comes after it. */
  hard: AbortSignal;
  /** Look now. */
  look(): void;
  end(): void;
}

export function watchStops(sources: StopSources): Stops {
  const soft = new AbortController();
  const hard = new AbortController();
  const stop = (interruption: Interruption) => {
    if (!hard.signal.aborted) hard.abort(interruption);
    if (!soft.signal.aborted) soft.abort(interruption);
  };
  const look = () => {
    if (hard.signal.aborted) return;
    if (sources.boottimeNs() >= sources.deadlineNs)
      return stop(new Interruption("deadline", "the time budget is used up"));
    if (sources.requested("revoke")) {
      sources.silence();
      return stop(new Interruption("revoked", "the lease was revoked"));
    }
    if (!soft.signal.aborted && sources.requested("cancel"))
      soft.abort(new Interruption("cancelled", "an operator asked for the end"));
  };
  const timer = setInterval(look, REQUEST_POLL_MS);
  look();
  return { soft: soft.signal, hard: hard.signal, look, end: () => clearInterval(timer) };
}

/** Is the agent's request file there? */
export function fileRequested(file: string): boolean {
  return existsSync(file);
}
