/** An ioworker step as options of the driver. */
import type { IoWorkerOptions, NamespaceIdentity } from "@assay/nvme-native";
import { workerSeed } from "./draws";
import { bytesInLbas, regionInLbas } from "./region";
import type { StepOf, StepScope } from "./scope";

/** Interval of histogram deltas. */
const HISTOGRAM_MS = 60_000;

/** One set for each worker of the step. @throws PlanMisfit for sizes that are no whole LBAs of this namespace */
export function workerOptions(
  step: StepOf<"ioworker">,
  identity: NamespaceIdentity,
  scope: StepScope,
): IoWorkerOptions[] {
  const common = {
    nsid: step.nsid,
    ...commands(step, identity),
    depth: step.depth,
    ...regionInLbas(step, identity),
    timeMs: step.timeMs,
    ioCount: step.ioCount,
    verify: step.verify,
    exclusive: step.exclusive,
    pattern: step.pattern,
    onError: step.onError,
    onStatus: step.onStatus,
    untilPowerLost: step.until === "power-lost",
    sampleMs: step.sampleMs,
    histogramMs: HISTOGRAM_MS,
    ...(step.priority === null ? {} : { priority: step.priority as 0 | 1 | 2 | 3 }),
    ...(step.polling === null ? {} : { polling: step.polling }),
  };
  return Array.from({ length: step.workers }, (_, worker) => ({
    ...common,
    worker,
    seed: workerSeed(scope, step.id, worker),
  }));
}

/** What it sends: a replay, or a pattern. */
function commands(step: StepOf<"ioworker">, { lbaBytes }: NamespaceIdentity): Partial<IoWorkerOptions> {
  if (step.sequence !== null)
    return {
      sequence: step.sequence.map(({ atUs, operation, lba, lbaCount }) =>
        operation === "flush" ? { atUs, opcode: operation } : { atUs, opcode: operation, slba: BigInt(lba), lbaCount },
      ),
    };
  const sizes = typeof step.sizeBytes === "number" ? [step.sizeBytes] : (step.sizeBytes ?? []).map((s) => s.bytes);
  for (const bytes of sizes) bytesInLbas("I/O size", bytes, lbaBytes);
  return {
    ...(step.sizeBytes === null ? {} : { sizeBytes: step.sizeBytes }),
    randomPercent: step.randomPercent,
    ...(step.operations === null
      ? { readPercent: step.readPercent }
      : { operations: step.operations.map(({ operation, percent }) => ({ opcode: operation, percent })) }),
    alignLbas: step.alignBytes === null ? undefined : bytesInLbas("alignment", step.alignBytes, lbaBytes),
    stepLbas: step.stepBytes === null ? null : stepInLbas(step.stepBytes, lbaBytes),
    distribution: step.distribution,
    iops: step.iops,
    passes: step.passes,
    flushEvery: step.flushEvery,
    skipUncorrectable: step.skipUncorrectable,
  };
}

const stepInLbas = (bytes: number, lbaBytes: number) =>
  bytes === 0 ? 0 : Math.sign(bytes) * bytesInLbas("step", Math.abs(bytes), lbaBytes);
