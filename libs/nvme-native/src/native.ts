/** The addon as C++ shows it (native/glue). Everything is validated before it comes here; nobody else imports this. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type {
  Completion,
  DiscoveredSubsystem,
  ErrorAction,
  IoWorkerEvent,
  IoWorkerResult,
  ModelFaultCount,
  ModelPower,
  NativeMiscompare,
  NvmeErrorCode,
  ProtocolViolations,
  VerifyResult,
} from "./types";
import { NvmeError } from "./types";

export type NativeHandle = { readonly opaque: unique symbol };
export type NativeDirection = "from-device" | "to-device" | "none";

export interface NativeCommand {
  opcode: number;
  nsid: number;
  cdw10: number;
  cdw11: number;
  cdw12: number;
  cdw13: number;
  cdw14: number;
  cdw15: number;
  /** Addresses of lent memory, for commands without data of their own. */
  prp1?: bigint;
  prp2?: bigint;
  mptr?: bigint;
  fuse?: number;
}

/** An array is copied; a view of memory that `createBuffer` made is not. */
export type NativeData = Uint8Array | { memory: NativeHandle; offset: number; bytes: number };

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

export interface NativeOpenOptions {
  cmdlogDir: string;
  cmdlogEntries: number;
  timeoutMs: number;
  bringUp: boolean;
}

/** Columns of the same length. */
export interface NativeSequence {
  atNs: BigUint64Array;
  opcode: Uint8Array;
  slba: BigUint64Array;
  lbas: Uint32Array;
}

export interface NativeWorkerOptions {
  worker: number;
  sizes: { lbas: number; weight: number; alignLbas?: number }[];
  /** Empty: `readPercent` and writes. */
  operations: {
    opcode: number;
    percent: number;
    /** CDW2, 3, 10 to 15. */
    cdw?: number[];
    /** These three: of an opcode that the core has no line for. */
    addressed?: boolean;
    data?: NativeDirection;
    dataBytes?: number;
  }[];
  sequence: NativeSequence | null;
  /** Empty: uniform. */
  distribution: number[];
  stepLbas: number | null;
  randomPercent: number;
  readPercent: number;
  depth: number;
  regionStartLba: bigint;
  regionLbas: bigint;
  alignLbas: number;
  iops: number;
  timeMs: number;
  ioCount: number;
  passes: number;
  flushEvery: number;
  verify: boolean;
  exclusive: boolean;
  payload: { kind: "marked" | "constant" | "random"; word: number; zeroPercent: number };
  skipUncorrectable: boolean;
  lastCommands: number;
  priority: number;
  spin: boolean;
  onError: ErrorAction;
  onStatus: { sct: number; sc: number; action: ErrorAction }[];
  seed: bigint;
  sampleMs: number;
  histogramMs: number;
}

export interface NativeRenewal extends NativePhases {
  ok: boolean;
  code: NvmeErrorCode | "OK";
  reason: string | null;
  settled: number;
}

export interface NativeVerifyOptions {
  rule: "exact" | "durable-or-newer";
  regionStartLba: bigint;
  regionLbas: bigint;
  written: boolean;
  depth: number;
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
  createBuffer(controller: NativeHandle, bytes: number): { handle: NativeHandle; memory: ArrayBuffer } | null;
  freeBuffer(buffer: NativeHandle, memory: ArrayBuffer): void;
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
      metadataBytes: number;
      protect: boolean;
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
  ): Promise<void>;
  setVerifyReads(namespace: NativeHandle, on: boolean): void;
  syncVerifyTable(namespace: NativeHandle): Promise<void>;
  takeMiscompares(namespace: NativeHandle): NativeMiscompare[];
  verify(namespace: NativeHandle, options: NativeVerifyOptions): Promise<VerifyResult>;
  clearVerifyTable(namespace: NativeHandle): void;
  notePowerLoss(namespace: NativeHandle, powerCycles: bigint): void;
  startIoWorker(
    namespace: NativeHandle,
    options: NativeWorkerOptions,
    onEvent: (event: IoWorkerEvent) => void,
  ): { handle: NativeHandle; result: Promise<IoWorkerResult> };
  stopIoWorker(worker: NativeHandle): void;
  releaseIoWorker(worker: NativeHandle): void;
  previewPattern(options: NativeWorkerOptions, count: number): ["read" | "write" | "flush" | number, bigint, number][];
  queues(controller: NativeHandle): Promise<{ qid: number; depth: number; label: string }[]>;
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

export interface NativeFault {
  kind: string;
  hasOpcode: boolean;
  opcode: number;
  afterCommands: number;
  afterWrites: number;
  slba: bigint;
  lbaCount: bigint;
  everyNth: number;
  perBillion: number;
  seed: bigint;
  times: bigint;
  sct: number;
  sc: number;
  ms: number;
  amount: number;
}

export interface NativeModelNamespace {
  bytes: bigint;
  lbaFormat: number;
  extended: boolean;
  piType: number;
  piFirst: boolean;
  attached: boolean;
  commandSet: number;
  zoneLbas: bigint;
  zoneCapacity: bigint;
  maxOpen: number;
  maxActive: number;
  readOnlyZones: number[];
  offlineZones: number[];
  nguid: string;
  eui64: string;
  uuid: string;
}

export interface NativeDriveSpec {
  model: string;
  serial: string;
  firmware: string;
  capacityBytes: bigint;
  namespaces: NativeModelNamespace[];
  maxNamespaces: number;
  formatMs: number;
  weightedRoundRobin: boolean;
  seed: bigint;
  volatileCache: boolean;
  cacheBytes: number;
  maxQpairs: number;
  maxQueueEntries: number;
  mdtsBytes: number;
  readyMs: number;
  hasLatency: boolean;
  readUs: number;
  writeUs: number;
  flushUs: number;
  jitterPercent: number;
  dies: number;
  steadyWriteUs: number;
  slcBytes: number;
  foldBytesPerSecond: number;
  collectEveryBytes: number;
  collectUs: number;
  ambientC: number;
  throttleC: number;
  degreesPerGib: number;
  coolSeconds: number;
  throttlePercent: number;
  /** Place in LOSS_POLICIES. */
  lossPolicy: number;
  awupfLbas: number;
  faults: NativeFault[];
}

let loaded: NativeAddon | null = null;

/** Loads the addon once; from src/ (tests) and from dist/ it lies in the same place, two floors up. */
export function addon(): NativeAddon {
  if (loaded !== null) return loaded;
  const path = join(dirname(__dirname), "build", "assay_nvme.node");
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
