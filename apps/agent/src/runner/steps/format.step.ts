import type { NamespaceIdentity } from "@assay/nvme-native";
import { ruleOfStatus, statusText } from "../command-status";
import { carryOut } from "../effects";
import { failed, OK, type StepExecutor, type StepOf } from "../scope";
import { PlanMisfit } from "../step-errors";
import { suspect } from "../suspicion";

/** Longest time that a Format may take. */
export const FORMAT_TIMEOUT_MS = 3_600_000;
const SECURE_ERASE = { none: 0, "user-data": 1, crypto: 2 } as const;
/** Identify Controller OACS bit 1: Format NVM. */
const OACS_FORMAT = 2;

export const formatStep: StepExecutor<"format"> = async (step, scope) => {
  const { drive, clock, observations } = scope.run;
  if ((drive.controller.identity.oacs & OACS_FORMAT) === 0)
    throw new PlanMisfit("this drive has no Format NVM command (OACS bit 1 is 0)");
  const lbaFormat = chooseLbaFormat(step, (await drive.namespace(step.nsid)).identity);
  const options = { lbaFormat, secureErase: SECURE_ERASE[step.secureErase], timeoutMs: FORMAT_TIMEOUT_MS };
  const detail = { nsid: step.nsid, lbaFormat, secureErase: step.secureErase };
  const completion = await carryOut(scope, step, "destroys-data", "format", detail, async () => {
    const beganMs = clock.monotonicMs();
    const value = await drive.controller.format(step.nsid, options);
    const ok = value.sct === 0 && value.sc === 0;
    const duration = clock.monotonicMs() - beganMs;
    if (ok) observations.emit(scope, step, { duration });
    drive.forgetNamespaces();
    const after = (await drive.namespace(step.nsid)).identity;
    const witness = `Identify Namespace afterwards: ${after.lbaBytes}+${after.metadataBytes} bytes, ${after.lbaCount} LBAs`;
    return { ok, detail: { status: statusText(value), durationMs: duration }, witness, value };
  });
  if (completion.sct !== 0 || completion.sc !== 0) {
    return failed(`Format came back with ${statusText(completion)}`, suspect(ruleOfStatus(completion)));
  }
  const { lbaBytes } = (await drive.namespace(step.nsid)).identity;
  if (step.lbaBytes === null || lbaBytes === step.lbaBytes) return OK;
  return failed(
    `after Format the LBA size is ${lbaBytes} and not ${step.lbaBytes} bytes`,
    suspect("unexpected-status"),
  );
};

/** Index of the LBA format with the sizes asked for. Pure. @throws PlanMisfit */
export function chooseLbaFormat(
  step: Pick<StepOf<"format">, "lbaBytes" | "metadataBytes">,
  ns: Pick<NamespaceIdentity, "lbaBytes" | "lbaFormats">,
): number {
  const wanted = step.lbaBytes ?? ns.lbaBytes;
  const index = ns.lbaFormats.findIndex((f) => f.lbaBytes === wanted && f.metadataBytes === step.metadataBytes);
  if (index >= 0) return index;
  const offered = ns.lbaFormats.map((f) => `${f.lbaBytes}+${f.metadataBytes}`).join(", ");
  throw new PlanMisfit(`no LBA format of ${wanted}+${step.metadataBytes} bytes; this drive offers ${offered}`);
}
