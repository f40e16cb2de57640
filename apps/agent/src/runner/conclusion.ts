/** How a run ended, out of all that happened in it. Pure. */
import type { CriterionResult } from "@assay/plans";
import type { EventBody } from "@assay/protocol";
import type { Interruption, InterruptionKind } from "./interruption";
import { ends, type StepResult } from "./scope";
import { type Suspicion, type SuspicionRule, suspect } from "./suspicion";

type Finished = Extract<EventBody, { type: "finished" }>;
export interface Conclusion {
  outcome: Finished["outcome"];
  reason: string | null;
  suspicion: Suspicion | null;
}

export interface Happened {
  interruption: Interruption | null;
  refusal: { rule: string; message: string } | null;
  /** The slot was found dark although this run had not cut its power. */
  powerLost: boolean;
  /** Results of opening, steps, health check, `finally` and the end, in this order. */
  results: StepResult[];
  criteria: CriterionResult[];
}

const INTERRUPTED: { [K in Exclude<InterruptionKind, "sibling">]: [Finished["outcome"], SuspicionRule] } = {
  cancelled: ["cancelled", "cancelled"],
  revoked: ["errored", "lease-revoked"],
  deadline: ["deadline", "budget-exhausted"],
};

/** What a drive without power looks like. */
const SILENCE: ReadonlySet<string | undefined> = new Set<SuspicionRule>([
  "drive-gone",
  "command-timeout",
  "not-ready-in-time",
]);

/**
 * A refusal and an interruption stand above what was measured. A failure stands above an error: one valid measurement
 * that broke a rule is enough.
 */
export function conclude(happened: Happened): Conclusion {
  const { interruption, refusal, powerLost, criteria } = happened;
  if (refusal) {
    const rule = refusal.rule.startsWith("identity") ? "identity-mismatch" : "guard-refused";
    return { outcome: "errored", reason: `refused: ${refusal.message}`, suspicion: suspect(rule) };
  }
  const results = happened.results.filter((r) => !(powerLost && SILENCE.has(r.suspicion?.rule)));
  const failure = results.find((r) => r.outcome === "failed");
  // A finding is kept also where somebody asked for the end afterwards; an interrupted run has no criteria.
  if (interruption && interruption.kind !== "sibling" && !failure) {
    const [outcome, rule] = INTERRUPTED[interruption.kind];
    return { outcome, reason: interruption.message, suspicion: suspect(rule) };
  }
  if (powerLost && !failure) {
    const reason = "the slot lost its power although the run did not cut it";
    return { outcome: "errored", reason, suspicion: suspect("power-off") };
  }
  if (failure) return { outcome: "failed", reason: failure.reason, suspicion: failure.suspicion };
  const broken = criteria.find((c) => c.outcome === "failed");
  if (broken)
    return {
      outcome: "failed",
      reason: `criterion ${broken.id}: ${broken.reason}`,
      suspicion: suspect("criterion-broken"),
    };
  const error = results.find(ends);
  if (error) return { outcome: "errored", reason: error.reason, suspicion: error.suspicion };
  const unknown = criteria.find((c) => c.outcome === "errored");
  if (unknown)
    return {
      outcome: "errored",
      reason: `criterion ${unknown.id}: ${unknown.reason}`,
      suspicion: suspect("criterion-without-data"),
    };
  return { outcome: "completed", reason: null, suspicion: null };
}
