import { type ResolvedStep, stepEffect } from "@assay/plans";

/** Would this step change the drive's state or wear it, so that a drive kept as it failed must be spared it? Pure. */
export function disturbs(step: ResolvedStep): boolean {
  return (
    stepEffect(step) !== null ||
    step.kind === "reset" ||
    step.kind === "ioworker" ||
    step.kind === "admin" ||
    step.kind === "io"
  );
}
