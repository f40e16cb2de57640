import * as surface from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, type RightCall, right } from "./right-call";
import { page, RAW } from "./sample-arguments";

export const valueCalls = async ({ controller, ns, qpair }: Bench): Promise<Calls> => {
  await ns.flush(qpair);
  const [recorded] = qpair.cmdlog(1);
  const worker = ns.startIoWorker({ ioCount: 10, sizeBytes: 512 });
  const result = await worker.result;
  const sample = { interval: 0, intervalMs: 1000, reads: 1, writes: 1, others: 1 };
  return {
    describeCommand: right(() => [structuredClone(recorded)], surface.describeCommand as RightCall["call"]),
    ioPerSecond: right(
      () => [[{ ...sample }, { ...sample, interval: 1 }], 1000],
      surface.ioPerSecond as RightCall["call"],
    ),
    iopsConsistency: right(() => [[1, 2, 3], 99], surface.iopsConsistency as RightCall["call"]),
    latencyPercentiles: right(
      () => [
        [{ histograms: structuredClone(result.histograms), serviceHistograms: structuredClone(result.histograms) }],
        [50, 99],
        { operations: ["read"], from: "actual" },
      ],
      surface.latencyPercentiles as RightCall["call"],
    ),
    expectStatus: right(() => [{ sct: 0, sc: 0, dnr: false }, 0, 0], surface.expectStatus as RightCall["call"]),
    statusField: right(() => [{ sct: 0, sc: 0, dnr: false, more: true }], surface.statusField as RightCall["call"]),
    namespacePage: right(
      () => [{ lbaCount: 8n, lbaFormat: 0, extendedLba: true, protection: 0, protectionFirst: false, storageMask: 1n }],
      surface.namespacePage as RightCall["call"],
    ),
    findLbaFormat: right(
      () => [{ lbaFormats: [{ lbaBytes: 512, metadataBytes: 0 }] }, 512, 0, { guardBits: 16, storageTagBits: 0 }],
      surface.findLbaFormat as RightCall["call"],
    ),
    protectionTuple: right(
      () => [
        { guard: 1, applicationTag: 2, referenceTag: 3, storageTag: 4 },
        { guardBits: 64, storageTagBits: 18 },
      ],
      surface.protectionTuple as RightCall["call"],
    ),
    readProtectionTuple: right(
      () => [new Uint8Array(16), { guardBits: 32, storageTagBits: 16 }],
      surface.readProtectionTuple as RightCall["call"],
    ),
    guardOf: right(() => [new Uint8Array(16), { guardBits: 32 }], surface.guardOf as RightCall["call"]),
    encodeSubmission: right(
      () => [{ ...RAW, cid: 1, psdt: 0, prp1: 0n, prp2: 0n, mptr: 0n }],
      surface.encodeSubmission as RightCall["call"],
    ),
    hostMemoryWish: right(() => [{ identity: { raw: page() } }], surface.hostMemoryWish as RightCall["call"]),
    cellsOf: right(() => [[[{ name: 1, value: 2 }]]], surface.cellsOf as RightCall["call"]),
    "new Tcp": right(
      () => ["127.0.0.1", { port: 4420, nqn: "nqn.x", hostNqn: "nqn.y", headerDigest: true, dataDigest: true }],
      (address, options) => new surface.Tcp(address, options),
    ),
    "Completions.wait": right(
      () => [0, { timeoutMs: 5 }],
      (expected, options) => new surface.Completions().wait(expected, options),
    ),
    "Subsystem.shutdownNotify": right(
      () => [{ abrupt: true }],
      (options) => new surface.Subsystem(controller).shutdownNotify(options),
    ),
  };
};
