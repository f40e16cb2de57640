/** The life of a run as a table. An illegal move by our code is our fault and asserts; one that a message asks for is an error. */
import assert from "node:assert";

export type RunState = "queued" | "assigned" | "running" | "finished";

/**
 * assign: the scheduler leased what the run needs; withdraw: nobody claimed it, the lease ends; claim: the agent has
 * the order; conclude: the verdict is stored; cancel: somebody asked before it was claimed; fence: an operator or a
 * power witness vouches that the runner cannot touch the drive any more.
 */
export type RunMove = "assign" | "withdraw" | "claim" | "conclude" | "cancel" | "fence";

const MOVES: Record<RunMove, Partial<Record<RunState, RunState>>> = {
  assign: { queued: "assigned" },
  withdraw: { assigned: "queued" },
  claim: { assigned: "running" },
  conclude: { queued: "finished", assigned: "finished", running: "finished" },
  cancel: { queued: "finished", assigned: "finished" },
  fence: { assigned: "finished", running: "finished" },
};

/** The state after the move, or null where the move is not legal: for moves that a message asks for. */
export function stateAfter(state: RunState, move: RunMove): RunState | null {
  return MOVES[move][state] ?? null;
}

/** The state after a move of our own. */
export function moveRun(state: RunState, move: RunMove): RunState {
  const next = stateAfter(state, move);
  assert(next !== null, `a run cannot ${move} while it is ${state}`);
  return next;
}
