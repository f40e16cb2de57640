/** What the stored rows say of a run: what its verdict is made from. */
import type { CriterionResult, ResolvedPlan } from "@assay/plans";
import type { AttributionCause, EventBody } from "@assay/protocol";

export type Finished = Extract<EventBody, { type: "finished" }>;
export type Ended = Extract<EventBody, { type: "ended" }>;
export type Refused = Extract<EventBody, { type: "refused" }>;

export type Frozen = Extract<EventBody, { type: "frozen" }>;

export interface RunEvidence {
  plan: ResolvedPlan;
  results: CriterionResult[];
  /** The runner's last word, null when it never came to it. */
  finished: Finished | null;
  /** The agent's last word; null for a parked runner that is judged before it is let go. */
  ended: Ended | null;
  refused: Refused | null;
  /** A worker froze the drive at an error; the first one. */
  frozen: Frozen | null;
  /** First sector that was wrong, in words, and how many there were. */
  miscompares: { count: number; first: string | null };
  /** Statuses that nobody asked for. */
  statuses: { count: number; first: string | null };
  /** Events that could not be stored as what they were. */
  quarantined: QuarantinedWord[];
  cancel: { by: string; reason: string | null } | null;
}

export interface QuarantinedWord {
  seq: number;
  type: string;
  reason: string;
  /** `<step>.<metric>` that it carried; null: it may have said anything. */
  metrics: string[] | null;
}

export interface RunAttribution {
  cause: AttributionCause;
  rule: string;
  confidence: number;
  evidence: Record<string, unknown>;
}

export interface RunJudgement {
  verdict: "passed" | "failed" | "errored" | "aborted";
  reason: string;
  /** Null for a passed run. */
  attribution: RunAttribution | null;
  /** The DUT is kept as it failed (promise 7). */
  hold: boolean;
}
