import type { Completion, Namespace, NamespaceIdentity, Qpair } from "@assay/nvme-native";
import { stepEffect } from "@assay/plans";
import { judgeCompletion } from "../command-verdict";
import type { StepExecutor, StepOf } from "../scope";

/** Queue entries: one command at a time. */
const QPAIR_DEPTH = 2;

export const ioStep: StepExecutor<"io"> = async (step, scope) => {
  const { drive, exposure } = scope.run;
  const effect = stepEffect(step);
  if (effect) await drive.beforeEffect(effect);
  const namespace = await drive.namespace(step.nsid);
  const qpair = await drive.controller.createQpair({ depth: QPAIR_DEPTH });
  let completion: Completion;
  try {
    completion = await namespace.send((raw) => COMMANDS[step.operation](raw, qpair, step));
  } finally {
    await qpair.delete();
  }
  const moved = BigInt(step.lbaCount * namespace.identity.lbaBytes);
  if (step.operation === "read" || step.operation === "compare") exposure.moved(moved, 0n);
  if (step.operation === "write") exposure.moved(0n, moved);
  return judgeCompletion(scope, step, step.operation, completion);
};

type Send = (ns: Namespace, qpair: Qpair, step: StepOf<"io">) => Promise<Completion>;

const COMMANDS: { [O in StepOf<"io">["operation"]]: Send } = {
  read: (ns, qpair, step) => ns.read(qpair, lba(step), new Uint8Array(bytesOf(step, ns.identity)), flags(step)),
  write: (ns, qpair, step) => ns.write(qpair, lba(step), dataOf(step, ns.identity), flags(step)),
  compare: (ns, qpair, step) => ns.compare(qpair, lba(step), dataOf(step, ns.identity)),
  verify: (ns, qpair, step) => ns.verifyLbas(qpair, lba(step), step.lbaCount),
  flush: (ns, qpair) => ns.flush(qpair),
  writeZeroes: (ns, qpair, step) => ns.writeZeroes(qpair, lba(step), step.lbaCount, flags(step)),
  writeUncorrectable: (ns, qpair, step) => ns.writeUncorrectable(qpair, lba(step), step.lbaCount),
  deallocate: (ns, qpair, step) => ns.deallocate(qpair, [{ slba: lba(step), lbaCount: step.lbaCount }]),
  copy: (ns, qpair, step) =>
    // Resolved plans have `to` wherever something is copied.
    ns.copy(qpair, [{ slba: lba(step), lbaCount: step.lbaCount }], BigInt(step.toLba as number), flags(step)),
};

const lba = (step: StepOf<"io">) => BigInt(step.lba);
const flags = ({ fua }: StepOf<"io">) => ({ fua });

/** Of data, with the metadata that stand between the sectors; the driver makes and takes off tuples where they are all of it. */
function bytesOf({ lbaCount }: StepOf<"io">, ns: NamespaceIdentity): number {
  const tupleBytes = (ns.protection?.guardBits ?? 16) === 16 ? 8 : 16;
  const stripped = (ns.protection?.type ?? 0) !== 0 && ns.metadataBytes === tupleBytes;
  return lbaCount * (ns.lbaBytes + (ns.extendedLba === true && !stripped ? ns.metadataBytes : 0));
}

function dataOf(step: StepOf<"io">, ns: NamespaceIdentity): Uint8Array {
  const data = new Uint32Array(bytesOf(step, ns) / Uint32Array.BYTES_PER_ELEMENT).fill(step.value);
  return new Uint8Array(data.buffer);
}
