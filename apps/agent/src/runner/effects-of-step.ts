/** Which effect on the drive a step has, so that the guard is asked for exactly that. Pure; one table. */
import type { Effect, ResolvedStep, StepKind } from "@assay/plans";
import type { StepOf } from "./scope";

/**
 * Admin commands that can destroy what is stored, or the drive: firmware commit and download, namespace management and
 * attachment, lockdown, Format NVM, security send, sanitize; and all vendor specific ones, of which nobody knows.
 */
const DESTRUCTIVE_ADMIN = new Set([0x0d, 0x10, 0x11, 0x15, 0x24, 0x80, 0x81, 0x84]);
const FIRST_VENDOR_OPCODE = 0xc0;

const EFFECTS: { [K in StepKind]: (step: StepOf<K>) => Effect | null } = {
  snapshot: () => null,
  ioworker: (step) => (step.readPercent < 100 || step.flushEvery !== null ? "writes" : null),
  verify: () => null,
  assert: () => null,
  admin: (step) => (DESTRUCTIVE_ADMIN.has(step.opcode) || step.opcode >= FIRST_VENDOR_OPCODE ? "destroys-data" : null),
  reset: () => null,
  format: () => "destroys-data",
  power: () => "power-cycles",
  wait: () => null,
  capture: () => null,
  repeat: () => null,
  parallel: () => null,
};

export function effectOf<K extends StepKind>(step: StepOf<K>): Effect | null {
  return (EFFECTS[step.kind as K] as (step: StepOf<K>) => Effect | null)(step);
}

/** Would this step change the drive's state, so that a drive kept as it failed must be spared it? */
export function disturbs(step: ResolvedStep): boolean {
  return effectOf(step) !== null || step.kind === "reset" || step.kind === "ioworker" || step.kind === "admin";
}
