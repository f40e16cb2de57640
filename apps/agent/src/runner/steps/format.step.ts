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
  const { extendedLba, protection, protectionFirst } = step;
  const secureErase = SECURE_ERASE[step.secureErase];
  const options = { lbaFormat, secureErase, extendedLba, protection, protectionFirst, timeoutMs: FORMAT_TIMEOUT_MS };
  const detail = { nsid: step.nsid, lbaFormat, secureErase: step.secureErase, extendedLba, protection };
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
  const disagreement = unlike(step, (await drive.namespace(step.nsid)).identity);
  if (disagreement === null) return OK;
  return failed(`after Format ${disagreement}`, suspect("unexpected-status"));
};

/** What of the namespace is not as the step asked for, or null. Pure. */
export function unlike(step: StepOf<"format">, ns: NamespaceIdentity): string | null {
  if (step.lbaBytes !== null && ns.lbaBytes !== step.lbaBytes)
    return `the LBA size is ${ns.lbaBytes} and not ${step.lbaBytes} bytes`;
  if (ns.metadataBytes !== step.metadataBytes)
    return `there are ${ns.metadataBytes} bytes of metadata and not ${step.metadataBytes}`;
  const protection = ns.protection?.type ?? 0;
  if (protection !== step.protection)
    return `the protection information is of type ${protection}, not ${step.protection}`;
  if (step.metadataBytes > 0 && (ns.extendedLba ?? false) !== step.extendedLba)
    return step.extendedLba ? "the metadata are in a buffer of their own" : "the metadata stand between the sectors";
  return null;
}

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
