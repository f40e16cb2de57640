/** A plan meets a DUT: pure. Either the run that could be made, or the reasons why the pair makes no sense. */
import {
  type DataSheet,
  type DutFacts,
  type ParameterValues,
  type PlanDocument,
  type ResolvedPlan,
  resolvedHash,
  resolvePlan,
  stimulusHash,
  unmetNeeds,
} from "@assay/plans";
import { estimateSpoolBytes } from "./spool-estimate";

export interface PreparedRun {
  plan: ResolvedPlan;
  resolvedHash: string;
  stimulusHash: string;
  budgetMs: number;
  spoolBytes: number;
}

export type Preparation = { prepared: PreparedRun } | { reasons: string[] };

export function prepareRun(
  plan: PlanDocument,
  context: { parameters: ParameterValues; dut: DutFacts; sheet: DataSheet },
): Preparation {
  const unmet = unmetNeeds(plan, context.dut);
  if (unmet.length > 0) return { reasons: unmet };
  const answer = resolvePlan(plan, context);
  if ("problems" in answer)
    return { reasons: answer.problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)) };
  const { resolved } = answer;
  return {
    prepared: {
      plan: resolved,
      resolvedHash: resolvedHash(resolved),
      stimulusHash: stimulusHash(resolved),
      budgetMs: resolved.runTimeoutMs,
      spoolBytes: estimateSpoolBytes(resolved),
    },
  };
}
