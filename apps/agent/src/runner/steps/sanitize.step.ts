import { untilOver } from "../background-operation";
import { CommandFailed, statusText } from "../command-status";
import { carryOut } from "../effects";
import { failed, OK, type StepExecutor, type StepOf } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

const SANITIZE_LOG = 0x81;
/** SSTAT 2:0 of the log (NVMe Base 2.0, figure 265). */
const STATE = { inProgress: 2, failed: 3 } as const;
const SANICAP_OFFSET = 328;
const ACTIONS = {
  "crypto-erase": { name: "cryptoErase", capability: 1 },
  "block-erase": { name: "blockErase", capability: 2 },
  overwrite: { name: "overwrite", capability: 4 },
  "exit-failure": { name: "exitFailure", capability: 7 },
} as const;

export const sanitizeStep: StepExecutor<"sanitize"> = async (step, scope) => {
  const { drive, clock, observations } = scope.run;
  const { name, capability } = ACTIONS[step.action];
  if (((drive.controller.identity.raw[SANICAP_OFFSET] ?? 0) & capability) === 0)
    throw new PlanMisfit(`this drive has no sanitize ${step.action} (SANICAP)`);
  const state = await carryOut(scope, step, "destroys-data", "sanitize", { action: step.action }, async () => {
    const beganMs = clock.monotonicMs();
    const completion = await drive.controller.commands((commands) => commands.sanitize(name, optionsOf(step)));
    if (completion.sct !== 0 || completion.sc !== 0) throw new CommandFailed("Sanitize", completion);
    const page = await untilOver(scope, SANITIZE_LOG, step.withinMs, (log) => stateOf(log) !== STATE.inProgress);
    const duration = clock.monotonicMs() - beganMs;
    const value = page === null ? null : stateOf(page);
    if (value !== null) observations.emit(scope, step, { duration, status: value });
    const detail = { status: statusText(completion), durationMs: duration };
    const witness = value === null ? null : `log 81h afterwards: SSTAT ${value}`;
    return { ok: value !== null && value !== STATE.failed, detail, witness, value };
  });
  if (state === null) return failed(`Sanitize was not over within ${step.withinMs} ms`, suspect("not-ready-in-time"));
  if (state === STATE.failed && step.action !== "exit-failure")
    return failed("log 81h says that Sanitize failed", suspect("unexpected-status"));
  return OK;
};

const stateOf = (log: DataView) => log.getUint16(2, true) & 7;

function optionsOf({ action, passes, pattern, invert, deallocate }: StepOf<"sanitize">) {
  if (action === "exit-failure") return {};
  if (action !== "overwrite") return { noDeallocate: !deallocate };
  return { passes, pattern, invertPattern: invert, noDeallocate: !deallocate };
}
