import { type Completion, type Namespace, type Qpair, ZonedNamespace } from "@assay/nvme-native";
import { type MetricName, stepEffect } from "@assay/plans";
import { judgeCompletion } from "../command-verdict";
import { carryOut } from "../effects";
import { OK, type StepExecutor, type StepOf, type StepScope } from "../scope";
import { PlanMisfit } from "../step-errors";

/** Queue entries: one command at a time. */
const QPAIR_DEPTH = 2;
const COUNTED = ["empty", "closed", "full", "readOnly", "offline"] as const;
const OPENED = ["implicitlyOpened", "explicitlyOpened"] as const;

type Step = StepOf<"zone">;
type Metrics = Partial<Record<MetricName<"zone">, number | string>>;

export const zoneStep: StepExecutor<"zone"> = async (step, scope) => {
  const { drive, observations } = scope.run;
  const zoned = await zonedNamespace(step, scope);
  const { zoneCount, zoneLbas } = zoned.facts;
  if (step.zone !== null && step.zone >= zoneCount)
    throw new PlanMisfit(`namespace ${step.nsid} has ${zoneCount} zones: there is no zone ${step.zone}`);
  const slba = step.zone === null ? null : BigInt(step.zone) * zoneLbas;
  const qpair = await drive.controller.createQpair({ depth: QPAIR_DEPTH });
  const gated = <T>(send: () => Promise<T>) => drive.controller.send(send);
  try {
    const { completion, metrics } = await actOn(step, scope, zoned, qpair, slba, gated);
    const after = await gated(() => (slba === null ? countsOf(zoned, qpair) : oneZone(zoned, qpair, slba)));
    observations.emit(scope, step, { ...metrics, ...after });
    return completion === null ? OK : judgeCompletion(scope, step, `Zone ${step.action}`, completion);
  } finally {
    await qpair.delete();
  }
};

/** @throws NvmeError ERR_UNSUPPORTED where the namespace is not zoned */
async function zonedNamespace(step: Step, { run: { drive } }: StepScope): Promise<ZonedNamespace> {
  const namespace = await drive.namespace(step.nsid);
  return drive.controller.zonedNamespace(namespace);
}

type Gated = <T>(send: () => Promise<T>) => Promise<T>;
interface Acted {
  /** null: the report alone. */
  completion: Completion | null;
  metrics: Metrics;
}

async function actOn(
  step: Step,
  scope: StepScope,
  zoned: ZonedNamespace,
  qpair: Qpair,
  slba: bigint | null,
  gated: Gated,
): Promise<Acted> {
  const { action } = step;
  if (action === "report") return { completion: null, metrics: {} };
  const act = async (): Promise<Acted> => {
    if (action === "append") return gated(() => append(step, scope, zoned, qpair, slba!));
    return { completion: await gated(() => zoned.act(qpair, action, slba ?? "all")), metrics: {} };
  };
  const effect = stepEffect(step);
  if (effect !== "destroys-data") {
    if (effect !== null) await scope.run.drive.beforeEffect(effect);
    return act();
  }
  const detail = { nsid: step.nsid, zone: step.zone ?? "all" };
  return carryOut(scope, step, effect, `zone-${action}`, detail, async () => {
    const value = await act();
    const { sct, sc } = value.completion!;
    return { ok: sct === step.expect.sct && sc === step.expect.sc, detail: { sct, sc }, witness: null, value };
  });
}

async function append(
  step: Step,
  { run: { exposure } }: StepScope,
  zoned: ZonedNamespace,
  qpair: Qpair,
  slba: bigint,
): Promise<Acted> {
  const data = new Uint32Array((step.lbaCount * strideOf(zoned.namespace)) / 4).fill(step.value);
  const { completion, lba } = await zoned.append(qpair, slba, new Uint8Array(data.buffer));
  if (lba === null) return { completion, metrics: {} };
  exposure.moved(0n, BigInt(step.lbaCount * zoned.namespace.identity.lbaBytes));
  return { completion, metrics: { offset: Number(lba - slba) } };
}

function strideOf({ identity }: Namespace): number {
  return identity.lbaBytes + (identity.extendedLba === true ? identity.metadataBytes : 0);
}

async function oneZone(zoned: ZonedNamespace, qpair: Qpair, slba: bigint): Promise<Metrics> {
  const { state, capacity, writePointer } = await zoned.zone(qpair, slba);
  const written = writePointer === null ? (state === "full" ? Number(capacity) : null) : Number(writePointer - slba);
  return { state, capacity: Number(capacity), ...(written === null ? {} : { written }) };
}

async function countsOf(zoned: ZonedNamespace, qpair: Qpair): Promise<Metrics> {
  const matching = async (state: (typeof COUNTED | typeof OPENED)[number]) =>
    Number((await zoned.reportZones(qpair, { state, limit: 1 })).matching);
  const counts: Metrics = { zones: zoned.facts.zoneCount, opened: 0 };
  for (const state of COUNTED) counts[state] = await matching(state);
  counts.opened = (await matching(OPENED[0])) + (await matching(OPENED[1]));
  return counts;
}
