/**
 * Who or what is to blame, as one table: the first rule that applies decides. A person may append another attribution
 * later; rows are never rewritten.
 */
import type { AttributionCause } from "@assay/protocol";
import type { RunAttribution, RunEvidence, RunJudgement } from "./run-evidence";

interface Rule {
  name: string;
  cause: AttributionCause;
  /** 0..1 */
  confidence: number;
  /** What speaks for it, or null when the rule does not apply. */
  applies(evidence: RunEvidence, verdict: RunJudgement["verdict"]): Record<string, unknown> | null;
}

const when = (condition: boolean, evidence: Record<string, unknown> = {}) => (condition ? evidence : null);

export const GUARD_PREFIX = "guard:";
/** The guard's rules, by what stands in their name; all others are about what the host does with the drive. */
const GUARD_CAUSES: [RegExp, AttributionCause][] = [
  [/^(identity|slot)-/, "slot"],
  [/^effects?-/, "operator"],
];

const endedBy =
  (...causes: string[]) =>
  (evidence: RunEvidence) =>
    when(evidence.ended !== null && causes.includes(evidence.ended.cause), { ended: evidence.ended });

const RULES: Rule[] = [
  {
    name: "miscompare",
    cause: "dut",
    confidence: 0.95,
    applies: ({ miscompares }, verdict) => when(verdict === "failed" && miscompares.count > 0, { miscompares }),
  },
  {
    name: "unexpected-status",
    cause: "dut",
    confidence: 0.8,
    applies: ({ statuses }, verdict) => when(verdict === "failed" && statuses.count > 0, { statuses }),
  },
  {
    name: "frozen-at-status",
    cause: "dut",
    confidence: 0.8,
    applies: ({ frozen }, verdict) => when(verdict === "failed" && frozen !== null, { frozen }),
  },
  {
    name: "criterion",
    cause: "dut",
    confidence: 0.6,
    applies: ({ results }, verdict) => {
      const broken = results.filter(({ outcome }) => outcome === "failed").map(({ id }) => id);
      return when(verdict === "failed" && broken.length > 0, { criteria: broken.slice(0, 20) });
    },
  },
  { name: "step-failed", cause: "dut", confidence: 0.5, applies: (_evidence, verdict) => when(verdict === "failed") },
  {
    name: "cancelled",
    cause: "operator",
    confidence: 1,
    applies: ({ cancel }, verdict) => when(verdict === "aborted", { cancel }),
  },
  { name: "runner-crashed", cause: "host", confidence: 0.9, applies: endedBy("crashed") },
  { name: "host-rebooted", cause: "host", confidence: 0.9, applies: endedBy("lost-at-boot") },
  { name: "never-started", cause: "host", confidence: 0.8, applies: endedBy("never-started") },
  { name: "lease-revoked", cause: "orchestrator", confidence: 0.7, applies: endedBy("killed-revoked") },
  {
    name: "deadline",
    cause: "unknown",
    confidence: 0.3,
    applies: ({ ended, finished }) => when(ended?.cause === "killed-deadline" || finished?.outcome === "deadline"),
  },
  {
    name: "event-quarantined",
    cause: "orchestrator",
    confidence: 0.6,
    applies: ({ quarantined }) => {
      const touching = quarantined.filter(({ metrics }) => metrics === null || metrics.length > 0);
      return when(touching.length > 0, {
        events: touching.slice(0, 20).map(({ seq, type, reason }) => ({ seq, type, reason })),
      });
    },
  },
  {
    name: "criterion-without-data",
    cause: "test",
    confidence: 0.5,
    applies: ({ finished, results }) => {
      const missing = results.filter(({ outcome }) => outcome === "errored").map(({ id }) => id);
      return when(finished?.outcome === "completed" && missing.length > 0, { criteria: missing.slice(0, 20) });
    },
  },
  { name: "unexplained", cause: "unknown", confidence: 0.1, applies: () => ({}) },
];

export function attributionOf(verdict: RunJudgement["verdict"], evidence: RunEvidence): RunAttribution {
  const { refused, finished } = evidence;
  if (verdict === "errored" && refused !== null) {
    const cause = GUARD_CAUSES.find(([words]) => words.test(refused.rule))?.[1] ?? "host";
    return { cause, rule: `${GUARD_PREFIX}${refused.rule}`, confidence: 0.9, evidence: { refused } };
  }
  const rule = RULES.find((it) => it.applies(evidence, verdict) !== null)!;
  const suspected = finished?.attribution;
  // The runner was there: what it suspects outweighs a rule that only knows how the run ended.
  if (suspected && suspected.confidence > rule.confidence && verdict !== "aborted") {
    return { ...suspected, rule: `runner:${suspected.rule}`, evidence: { finished } };
  }
  return {
    cause: rule.cause,
    rule: rule.name,
    confidence: rule.confidence,
    evidence: rule.applies(evidence, verdict)!,
  };
}
