/** Whether a plan makes sense on a DUT at all: decided before a run is made. */
import type { PlanDocument } from "../document/plan";
import { showQuantity } from "../document/units";
import { isReference } from "../document/values";
import type { DutFacts } from "../model";
import { bindNeeds } from "./resolve";

/** Reasons in words why the DUT does not meet the plan's `needs`; empty when it does. */
export function unmetNeeds(plan: PlanDocument, dut: DutFacts): string[] {
  const needs = bindNeeds(plan, (value) => {
    if (isReference(value)) throw new Error("parse refuses references in needs");
    return value;
  });
  const reasons: string[] = [];
  const size = (bytes: number) => showQuantity("size", bytes);
  if (needs.power === "cut" && !dut.powerCut)
    reasons.push("the plan cuts power, and the slot has no power driver that can");
  const missing = needs.lbaBytes.filter((bytes) => !dut.lbaFormatsBytes.includes(bytes));
  if (missing.length)
    reasons.push(
      `the plan needs an LBA size of ${missing.map(size).join(" and ")}, the DUT offers ${dut.lbaFormatsBytes.map(size).join(", ")}`,
    );
  if (needs.transports.length && !needs.transports.includes(dut.transport))
    reasons.push(`the plan runs over ${needs.transports.join(" or ")}, the DUT is reached over ${dut.transport}`);
  if (needs.minCapacityBytes !== null && dut.capacityBytes < needs.minCapacityBytes)
    reasons.push(
      `the plan needs a capacity of ${size(needs.minCapacityBytes)}, the DUT has ${size(dut.capacityBytes)}`,
    );
  return reasons;
}
