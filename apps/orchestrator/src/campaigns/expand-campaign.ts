/** A campaign becomes runs: pure. Every pair of plan and DUT either makes a run or says why it makes none. */
import type { DataSheet, DutFacts, ParameterValues, PlanDocument } from "@assay/plans";
import { type PreparedRun, prepareRun } from "../runs/prepare-run";

export interface CampaignPlan {
  name: string;
  document: PlanDocument;
  parameters: ParameterValues;
}

export interface CampaignDut {
  id: string;
  serial: string;
  facts: DutFacts | null;
  /** Why the facts are null. */
  unknown: string | null;
  sheet: DataSheet;
}

export interface ExpandedRun {
  /** Place of the plan in the campaign: per DUT, lower ones run first. */
  ordinal: number;
  dutId: string;
  prepared: PreparedRun;
}

export interface NotApplicable {
  ordinal: number;
  plan: string;
  dutId: string;
  /** Serial. */
  dut: string;
  reason: string;
}

export interface Expansion {
  runs: ExpandedRun[];
  notApplicable: NotApplicable[];
}

export function expandCampaign(plans: readonly CampaignPlan[], duts: readonly CampaignDut[]): Expansion {
  const runs: ExpandedRun[] = [];
  const notApplicable: NotApplicable[] = [];
  plans.forEach(({ name, document, parameters }, ordinal) => {
    for (const dut of duts) {
      const refuse = (reason: string) =>
        notApplicable.push({ ordinal, plan: name, dutId: dut.id, dut: dut.serial, reason });
      if (dut.facts === null) {
        refuse(dut.unknown ?? "nothing is known of the DUT");
        continue;
      }
      const answer = prepareRun(document, { parameters, dut: dut.facts, sheet: dut.sheet });
      if ("reasons" in answer) refuse(answer.reasons.join("; "));
      else runs.push({ ordinal, dutId: dut.id, prepared: answer.prepared });
    }
  });
  return { runs, notApplicable };
}
