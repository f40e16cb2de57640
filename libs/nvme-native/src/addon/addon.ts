/** The addon as C++ shows it (native/glue). Everything is validated before it comes here; nobody else imports this. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Completion } from "../command/completion";
import type { ProtocolViolations } from "../controller/reset-report";
import type { ModelFaultCount } from "../model/fault-spec";
import type { ModelPower } from "../model/spec";
import type { NativeMiscompare, VerifyResult } from "../namespace/miscompare";
import type { NvmeErrorCode } from "../nvme-error";
import { NvmeError } from "../nvme-error";
import type { DiscoveredSubsystem } from "../open/address";
import type { IoWorkerEvent, IoWorkerResult } from "../worker/result";
import type { NativeCommand, NativeData, NativeDirection, NativeHandle } from "./command";
import type { NativeDriveSpec } from "./drive-spec";
import type { NativeVerifyOptions, NativeWorkerOptions } from "./worker";

export interface NativeAddress {
  transport: string;
  address: string;
  port: number;
  nqn: string;
  hostNqn: string;
  headerDigest: boolean;
  dataDigest: boolean;
}

export interface NativeLimits {
  maxQpairs: number;
  maxQueueEntries: number;
  maxTransferBytes: number;
  readyTimeoutMs: number;
  /** Bytes of BAR0 that can be reached. */
  barBytes: number;
}

export interface NativePhases {
  readyMs: number;
  /** 0 where the host does not see it. */
  disableMs: number;
  enableMs: number;
}

export interface NativeLease {
  lease: NativeHandle;
  memory: ArrayBuffer;
  /** Address of each page of 4096 bytes. */
  pages: bigint[];
}

export interface NativeMemory {
  handle: NativeHandle;
  memory: ArrayBuffer;
  /** What `memory` holds it by. */
  view: NativeHandle;
}

export interface NativeOpenOptions {
  cmdlogDir: string;
  cmdlogEntries: number;
  timeoutMs: number;
  bringUp: boolean;
}

export interface NativeRenewal extends NativePhases {
  ok: boolean;
  code: NvmeErrorCode | "OK";
  reason: string | null;
  settled: number;
}

export interface NativeAddon {
  info(): { spdkVersion: string | null; transports: string[] };
  setDeadline(boottimeNs: bigint): void;
  boottimeNs(): bigint;
  quiesce(): void;
  open(
    address: NativeAddress,
    options: NativeOpenOptions,
  ): Promise<NativePhases & { handle: NativeHandle; limits: NativeLimits }>;
  close(controller: NativeHandle): Promise<void>;
  readRegister(controller: NativeHandle, offset: number, bytes: number): Promise<bigint>;
  writeRegister(controller: NativeHandle, offset: number, bytes: number, value: bigint): Promise<void>;
  renew(controller: NativeHandle, restart: boolean): Promise<NativeRenewal>;
  /** The same in two halves, with a script's bring-up between them; owners of queues stand meanwhile. */
  beginRenewal(controller: NativeHandle, restart: boolean): Promise<void>;
  endRenewal(controller: NativeHandle, up: boolean): Promise<NativeRenewal>;
  admin(
    controller: NativeHandle,
    command: NativeCommand,
    data: NativeData | null,
    direction: NativeDirection,
    timeoutMs: number,
  ): Promise<Completion>;
  violations(controller: NativeHandle): ProtocolViolations | null;
  setTimeout(controller: NativeHandle, timeoutMs: number): Promise<void>;
  adminCmdlog(controller: NativeHandle): Uint8Array;
  qpairCmdlog(qpair: NativeHandle): Uint8Array;
  createBuffer(controller: NativeHandle, bytes: number): NativeMemory | null;
  freeBuffer(buffer: NativeHandle, memory: ArrayBuffer, view: NativeHandle): void;
  busAddress(buffer: NativeHandle, offset: number): bigint | { code: NvmeErrorCode; message: string };
  discover(address: { address: string; port: number }, timeoutMs: number): Promise<DiscoveredSubsystem[]>;
  createQpair(
    controller: NativeHandle,
    entries: number,
    priority: number,
    interrupts: boolean,
    vector: number,
  ): Promise<{ handle: NativeHandle; qid: number; cmdlogPath: string | null }>;
  deleteQpair(controller: NativeHandle, qpair: NativeHandle): Promise<void>;
  createNamespace(
    controller: NativeHandle,
    geometry: {
      nsid: number;
      lbaBytes: number;
      lbaCount: bigint;
      maxTransferBytes: number;
      /** Of each LBA, in a buffer of their own. */
      metadataBytes: number;
      /** Behind each LBA, for workers and sweeps; for scripts, which need not leave them to the drive. */
      interleavedBytes: number;
      extendedMetadataBytes: number;
      protectionType: number;
      protectionFirst: boolean;
      /** PIF: 0, 1 and 2 for a guard of 16, 32 and 64 bits. */
      guard: number;
      storageTagBits: number;
      allMetadataBytes: number;
      /** DLFEAT: deallocated LBAs read zeroes. */
      deallocatedZeroes: boolean;
      awupfLbas: number;
      awunLbas: number;
      normalBoundaryLbas: number;
      /** 0: no atomic boundary. */
      boundaryLbas: number;
      boundaryOffsetLba: number;
    },
  ): NativeHandle;
  io(
    namespace: NativeHandle,
    command: NativeCommand,
    data: NativeData | null,
    direction: NativeDirection,
    qpair: NativeHandle,
    lbaCount: number,
    metadataBytes: number,
  ): Promise<Completion>;
  openVerifyTable(
    namespace: NativeHandle,
    path: string,
    seed: bigint,
    volatileCache: boolean,
    powerCycles: bigint,
    lbas: bigint,
    zeroPercent: number,
    /** Tells namespaces of all drives apart. */
    namespaceId: bigint,
  ): Promise<void>;
  /** DN of feature 0Ah: reads that meet writes are judged by AWUPF and not by AWUN. */
  disableNormalUnit(namespace: NativeHandle, disabled: boolean): void;
  setVerifyReads(namespace: NativeHandle, on: boolean): void;
  syncVerifyTable(namespace: NativeHandle, resting: boolean): Promise<void>;
  /** `syncVerifyTable`, and the namespace has no table any more. */
  closeVerifyTable(namespace: NativeHandle): Promise<void>;
  takeMiscompares(namespace: NativeHandle): NativeMiscompare[];
  verify(namespace: NativeHandle, options: NativeVerifyOptions): Promise<VerifyResult>;
  clearVerifyTable(namespace: NativeHandle): void;
  announceErasure(namespace: NativeHandle): void;
  notePowerLoss(namespace: NativeHandle, powerCycles: bigint): void;
  startIoWorker(
    namespace: NativeHandle,
    options: NativeWorkerOptions,
    onEvent: (event: IoWorkerEvent) => void,
  ): { handle: NativeHandle; result: Promise<IoWorkerResult> };
  stopIoWorker(worker: NativeHandle): void;
  releaseIoWorker(worker: NativeHandle): void;
  previewPattern(options: NativeWorkerOptions, count: number): ["read" | "write" | "flush" | number, bigint, number][];
  queues(controller: NativeHandle): Promise<{ qid: number; depth: number; outstanding: number; label: string }[]>;
  /** @throws { code, message }, at once. */
  lend(controller: NativeHandle, bytes: number, scattered: boolean): NativeLease;
  takeBack(lease: NativeHandle): void;
  setUpAdminQueue(controller: NativeHandle): Promise<void>;
  readConfig(controller: NativeHandle, offset: number, bytes: number): Promise<Uint8Array>;
  writeConfig(controller: NativeHandle, offset: number, data: Uint8Array): Promise<void>;
  hotReset(controller: NativeHandle): Promise<void>;
  /** @throws { code, message }, at once. */
  openRecorder(path: string, entries: number, qid: number, label: string): NativeHandle;
  recordSubmission(recorder: NativeHandle, sqe: Uint8Array): number;
  recordCompletion(recorder: NativeHandle, number: number, cqe: Uint8Array): void;
  createModelDrive(path: string, spec: NativeDriveSpec): Promise<void>;
  modelFaults(path: string): Promise<ModelFaultCount[]>;
  modelPower(path: string, action: "on" | "off" | "read"): Promise<{ power: ModelPower; generation: number }>;
}

let loaded: NativeAddon | null = null;

/** Loads the addon once; from src/ (tests) and from dist/ it lies in the same place, three floors up. */
export function addon(): NativeAddon {
  if (loaded !== null) return loaded;
  const path = join(dirname(dirname(__dirname)), "build", "assay_nvme.node");
  if (!existsSync(path)) {
    throw new NvmeError("ERR_UNSUPPORTED", `${path} is missing: run \`npm run build -w libs/nvme-native\``);
  }
  const module = require(path) as NativeAddon;
  // process.exit() runs no native cleanup hooks; threads that touch a drive must have ended before statics are destroyed.
  process.once("exit", () => module.quiesce());
  loaded = module;
  return module;
}

/** Awaits a native promise and turns `{ code, message }` into an NvmeError. */
export async function settle<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (reason) {
    const { code, message } = reason as { code: NvmeErrorCode; message: string };
    throw new NvmeError(code, message);
  }
}
