/** What an exception inside a step means. Coded errors become results; anything else is our fault and ends the runner. */
import type { NvmeError } from "@assay/nvme-native";
import { PowerError } from "../power/power-driver";
import { CommandFailed, ruleOfStatus } from "./command-status";
import { Interruption } from "./interruption";
import { errored, failed, type StepResult } from "./scope";
import { DRIVER_ERRORS, suspect } from "./suspicion";

/** The plan asks something of this drive that cannot be: a region beyond its end, an LBA size it lacks. */
export class PlanMisfit extends Error {}

/** By shape and not by class, so that deciding needs no loaded driver. */
export function isNvmeError(error: unknown): error is NvmeError {
  return (
    error instanceof Error && error.name === "NvmeError" && Object.hasOwn(DRIVER_ERRORS, (error as NvmeError).code)
  );
}

/** @throws Interruption for a used-up deadline; the error itself when it is none that a step may have */
export function resultOfError(error: unknown): StepResult {
  if (isNvmeError(error)) {
    const { outcome, rule } = DRIVER_ERRORS[error.code];
    if (outcome === "deadline") throw new Interruption("deadline", "the time budget is used up");
    const reason = `${error.code}: ${error.message}`;
    return outcome === "failed" ? failed(reason, suspect(rule)) : errored(reason, suspect(rule));
  }
  if (error instanceof CommandFailed) return failed(error.message, suspect(ruleOfStatus(error.status)));
  if (error instanceof PowerError) return errored(error.message, suspect("power-switch"));
  if (error instanceof PlanMisfit) return errored(error.message, suspect("plan-does-not-fit"));
  throw error;
}
