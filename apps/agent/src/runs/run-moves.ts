/** What the supervisor does next with a run: a pure decision over what it sees. Asked at adoption and every tick. */
import type { EventBody } from "@assay/protocol";

export type EndCause = Extract<EventBody, { type: "ended" }>["cause"];
export type KillCause = Extract<EndCause, "killed-deadline" | "killed-revoked">;

export interface RunView {
  /** The run belongs to this boot of the host. */
  sameBoot: boolean;
  /**
   * `none`: no runner has announced itself; `starting`: a child of this agent that has not done so yet; `stillborn`: such
   * a child has exited; `tombstone`: the agent has forbidden any runner to begin.
   */
  runner: "none" | "starting" | "stillborn" | "alive" | "dead" | "tombstone";
  parked: boolean;
  /** The journal has `finished`, `ended`. */
  finished: boolean;
  ended: boolean;
  /** Why this agent (or the one before it) killed the runner. */
  killed: KillCause | null;
  nowNs: bigint;
  deadlineNs: bigint;
  /** When the revoke was first seen, ns; null when there is none. */
  revokedNs: bigint | null;
  /** When the release of a parked runner was first seen, ns; null when there is none. */
  releasedNs: bigint | null;
  /** Time during which the runner ends by itself (its driver sends nothing any more), ns. */
  deadlineGraceNs: bigint;
  revokeGraceNs: bigint;
}

export type RunMove =
  | { kind: "wait" }
  | { kind: "start" }
  | { kind: "kill"; cause: KillCause }
  /** The runner is known dead (or will never be): append `ended`. `entomb` first forbids a late runner to begin. */
  | { kind: "close"; cause: EndCause; entomb: boolean };

export function decideMove(view: RunView): RunMove {
  if (view.ended) return { kind: "wait" };
  if (!view.sameBoot) return { kind: "close", cause: view.finished ? "finished" : "lost-at-boot", entomb: false };
  switch (view.runner) {
    case "tombstone":
      return { kind: "close", cause: "never-started", entomb: false };
    case "dead":
      return { kind: "close", cause: view.finished ? "finished" : (view.killed ?? "crashed"), entomb: false };
    case "stillborn":
      return { kind: "close", cause: view.killed ?? "never-started", entomb: true };
    case "none":
      if (view.revokedNs !== null || view.nowNs >= view.deadlineNs)
        return { kind: "close", cause: "never-started", entomb: true };
      return { kind: "start" };
    case "starting":
    case "alive":
      return decideLiving(view);
  }
}

function decideLiving(view: RunView): RunMove {
  const { nowNs, releasedNs, revokedNs } = view;
  // A parked runner sends nothing and holds the drive as it failed: only a release lets it go.
  if (view.parked && releasedNs === null) return { kind: "wait" };
  // What was over while it was parked: it has its grace from the release on.
  const from = (moment: bigint) => (releasedNs !== null && releasedNs > moment ? releasedNs : moment);
  if (revokedNs !== null && nowNs >= from(revokedNs) + view.revokeGraceNs)
    return { kind: "kill", cause: "killed-revoked" };
  if (nowNs >= from(view.deadlineNs) + view.deadlineGraceNs) return { kind: "kill", cause: "killed-deadline" };
  return { kind: "wait" };
}
