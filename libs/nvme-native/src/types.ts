/**
 * The driver's public shapes. JavaScript validates and explains, C++ asserts. Three failures, three ways: the DUT's fault
 * is a value (`Completion`, `Unsupported`), the caller's fault is a coded `NvmeError`, our fault is an assert.
 * Every method that touches the drive is asynchronous; no single I/O of an ioworker crosses into JavaScript.
 */
import type { Sample, SparseHistogram } from "@assay/protocol";

/** NVMe completion queue entry, as a value. Status `sct/sc` per NVM Express Base 2.0, section 4.2.3. */
export interface Completion {
  cdw0: number;
  /** Dword 1, where the drive has something to say in it (Zone Append). */
  cdw1?: number;
  sct: number;
  sc: number;
  dnr: boolean;
  more: boolean;
  /** Completed by our side (timeout, reset, power loss) and not by the drive. */
  local: boolean;
  latencyNs: number;
  /** Command identifier; absent when `local`. */
  cid?: number;
}

/** One entry of a discovery log page (NVMe over Fabrics 1.1, 5.3). */
export interface DiscoveredSubsystem {
  /** "TCP", "RDMA" and the like. */
  transport: string;
  /** "IPv4" or "IPv6". */
  family: string;
  address: string;
  /** The port. */
  service: string;
  nqn: string;
  /** Another discovery service, not a subsystem with drives. */
  discovery: boolean;
}

export interface TcpAddress {
  transport: "spdk-tcp";
  /** IPv4 or IPv6. */
  address: string;
  port: number;
  /** null: the first NVM subsystem that discovery returns. */
  nqn: string | null;
  hostNqn?: string | null;
  /** CRC32C over each PDU's header, and over its data. */
  headerDigest?: boolean;
  dataDigest?: boolean;
}

export type TransportAddress =
  | { transport: "model"; path: string }
  | { transport: "spdk-pcie"; address: string }
  | TcpAddress
  | { transport: "spdk-vfio-user"; path: string };

/** The longest time a command may be given, ms. */
export const MAX_TIMEOUT_MS = 3_600_000;

export interface OpenOptions {
  /** Directory for flight-recorder files, `<qid>.cmdlog` each; null records in anonymous memory only. */
  cmdlogDir?: string | null;
  /** Entries of each ring, a power of two, at least 2048. */
  cmdlogEntries?: number;
  /** A command older than this is completed locally (sct 7h, sc 80h "timed out", cdw0 all ones), ms; default 10 000. */
  timeoutMs?: number;
  /** The one device that SPDK may touch is the address given; nothing else is probed. */
}

export interface RawCommand {
  opcode: number;
  nsid?: number;
  cdw10?: number;
  cdw11?: number;
  cdw12?: number;
  cdw13?: number;
  cdw14?: number;
  cdw15?: number;
  /** Addresses of `DmaMemory`, for a command without `data`; ERR_UNSUPPORTED where no memory can be lent. */
  prp1?: bigint;
  prp2?: bigint;
  mptr?: bigint;
}

/** Identify Controller, the fields that Assay needs, plus the page itself. */
export interface ControllerIdentity {
  model: string;
  serial: string;
  firmware: string;
  vid: number;
  mdtsBytes: number;
  nn: number;
  oacs: number;
  oncs: number;
  vwc: boolean;
  sqesMin: number;
  nqn: string;
  version: number;
  /** Timeout of CC.EN transitions, CAP.TO, ms. */
  readyTimeoutMs: number;
  maxQpairs: number;
  maxQueueEntries: number;
  raw: Uint8Array;
}

export interface NamespaceIdentity {
  nsid: number;
  lbaCount: bigint;
  lbaBytes: number;
  metadataBytes: number;
  /** Metadata follow the data of each LBA in the same buffer. */
  extendedLba?: boolean;
  /** Type of the protection information (0: none), and whether it comes first in the metadata. */
  protection?: { type: number; first: boolean };
  capacityBytes: bigint;
  lbaFormats: { lbaBytes: number; metadataBytes: number }[];
  nguid: string | null;
  eui64: string | null;
  awupfLbas: number;
  raw: Uint8Array;
}

/** What a drive did against the protocol on the completion side; such an entry completes no command. */
export interface ProtocolViolations {
  count: number;
  /** The first 64. `duplicate-completion`: of a command that had completed; `unknown-cid`: of one that was never sent. */
  first: { kind: "duplicate-completion" | "unknown-cid"; qid: number; cid: number; atMs: number }[];
}

/** How long the phases of a bring-up took, ms. Each is bounded by CAP.TO. */
export interface BringUpReport {
  /** CC.EN = 0 to CSTS.RDY = 0; null where the transport hides it. */
  disableMs: number | null;
  /** CC.EN = 1 to CSTS.RDY = 1; null where the transport hides it. */
  enableMs: number | null;
  readyMs: number;
}

export interface ResetReport extends Partial<Pick<BringUpReport, "disableMs" | "enableMs">> {
  ok: boolean;
  reason: string | null;
  /** From the start of the reset to CSTS.RDY = 1, ms. */
  readyMs: number;
  /** Commands completed locally because of it. */
  settled: number;
}

/**
 * What an error status does: ends the worker; counts, in the samples too; is expected and only noted in the result; or
 * freezes the controller for whoever debugs the firmware: from then on nothing is sent and nothing is taken in on any
 * queue of it, calls fail with ERR_FROZEN (`close` too), until `IoWorker.release()`.
 */
export type ErrorAction = "stop" | "count" | "ignore" | "freeze";

/** All sizes from `fromBytes` to `toBytes` (included) in steps of `stepBytes` (default: one LBA), each as often as the others. */
export interface SizeRange {
  fromBytes: number;
  toBytes: number;
  stepBytes?: number;
}

/** The opcodes of the NVM command set that a worker knows; any other is told by its number. */
export type WorkerOpcode =
  | "flush"
  | "write"
  | "read"
  | "writeUncorrectable"
  | "compare"
  | "writeZeroes"
  | "deallocate"
  | "verify";

/** A share of a worker's commands. */
export interface WorkerOperation {
  opcode: WorkerOpcode | number;
  /** Of 100; all shares add up to 100. */
  percent: number;
  /** Bits that are or-ed into each command: FUA is 0x4000_0000 of `cdw12`. */
  cdw?: { [word in "cdw2" | "cdw3" | "cdw10" | "cdw11" | "cdw12" | "cdw13" | "cdw14" | "cdw15"]?: number };
  /** For an opcode without a name: SLBA goes into CDW10-11 and NLB into CDW12. Default: false, `cdw` says it all. */
  addressed?: boolean;
  /** For an opcode without a name; default "none". An addressed one moves its LBAs, another one `dataBytes`. */
  data?: "none" | "from-device" | "to-device";
  dataBytes?: number;
}

/** One command of a sequence that is replayed. */
export interface SequenceStep {
  /** From the worker's start, microseconds; may have a fraction; never before the step in front of it. */
  atUs: number;
  opcode: WorkerOpcode | number;
  slba?: bigint;
  /** One-based; 0 or left out for a flush. */
  lbaCount?: number;
}

/**
 * What is written when sectors need not prove themselves; each holds for every single sector. `constant`: a 32-bit word,
 * little endian, over and over. `random`: new bytes in every sector written, of which `compressPercent` (default 0) at the
 * sector's end are zeroes. Default: random bytes made once, each sector marked with its LBA and a number of its own.
 */
export type WorkerPattern = { kind: "constant"; value: number } | { kind: "random"; compressPercent?: number };

export interface IoWorkerOptions {
  nsid: number;
  worker: number;
  /** One size, a list (each as often as the others), a range, or weights. Not with `sequence`. */
  sizeBytes?: number | number[] | SizeRange | { bytes: number; weight: number }[];
  /** Not with `sequence`. */
  randomPercent?: number;
  /** Reads, the others write. Not with `operations` or `sequence`. */
  readPercent?: number;
  /** Shares of opcodes, as a list or as `{ [name or opcode]: percent }`, instead of `readPercent`. */
  operations?: WorkerOperation[] | Record<string, number> | null;
  /** Replayed once, each command at its time or as soon after it as one of `depth` is free; at most 1 000 000. */
  sequence?: SequenceStep[] | null;
  /** Commands outstanding, exactly; at most one less than the DUT's queue entries. */
  depth: number;
  /** Class of its queue under weighted round robin: 0 urgent, 1 high, 2 medium, 3 low. */
  priority?: 0 | 1 | 2 | 3;
  /** How it waits on a transport that must be polled: `busy` (the default) or `sleep`, in small steps. */
  polling?: "busy" | "sleep";
  /** Default: the whole namespace. */
  regionStartLba?: bigint;
  regionLbas?: bigint;
  /**
   * Random places are multiples of this from the region's start (default: of the command's size); a list has one for each
   * size. With `stepLbas` it holds for sequential places too.
   */
  alignLbas?: number | number[];
  /**
   * LBAs from one sequential command's place to the next; default: the command's size. 0: always the same place. Below 0:
   * from the region's end downwards. The last command of a lap is cut to fit the region.
   */
  stepLbas?: number | null;
  /** 100 shares that add up to 10 000, one for each hundredth of the region; needs `randomPercent` 100. */
  distribution?: number[] | null;
  iops?: number | null;
  timeMs?: number | null;
  ioCount?: number | null;
  passes?: number | null;
  flushEvery?: number | null;
  /** Check every read against the verify table; stamp every write. Needs `verifyTable`. */
  verify?: boolean;
  /**
   * Reads wait too until nobody else is at their LBAs, and keep writers away meanwhile: workers with this option never
   * have conflicting commands in flight, their own or another's. Otherwise writers exclude one another, and a read that
   * meets a write may see either version. Needs `verify`.
   */
  exclusive?: boolean;
  /** Not with `verify`: a sector that proves itself has a payload of its own. */
  pattern?: WorkerPattern | null;
  /** Leaves LBAs out that the verify table has as written uncorrectable; a command on both sides of such becomes two. */
  skipUncorrectable?: boolean;
  /** So many of the newest commands are told in the result; at most 1 048 576. */
  lastCommands?: number;
  /** Default: `stop`. */
  onError?: ErrorAction;
  /** Single statuses that are treated otherwise than `onError` says. */
  onStatus?: { sct: number; sc: number; action: ErrorAction }[];
  untilPowerLost?: boolean;
  seed: bigint;
  sampleMs?: number;
  /** Interval of histogram deltas, ms; default 60 000; the rest comes at the end. */
  histogramMs?: number;
}

export type Operation = "read" | "write" | "other";

export interface NativeMiscompare {
  nsid: number;
  lba: bigint;
  kind:
    | "bit-error"
    | "wrong-lba"
    | "stale-version"
    | "torn-write"
    | "unexpected-zeroes"
    | "unexpected-data"
    | "uncorrectable"
    | "lost-write";
  byteOffset: number | null;
  expectedToken: bigint | null;
  gotToken: bigint | null;
  expectedLba: bigint | null;
  gotLba: bigint | null;
  /** Hex, at most 64 bytes around the first difference. */
  expected: string;
  got: string;
  /** The writes to this LBA that ended last, newest first, at most 8; also of earlier processes. */
  lastWrites?: LastWrite[];
}

export interface LastWrite {
  slba: bigint;
  lbaCount: number;
  opcode: number;
  qid: number;
  worker: number;
  /** `uncertain`: error or cut off; `unknown`: timed out, the drive may still write it. */
  end: "acknowledged" | "uncertain" | "unknown" | "not-sent";
  /** Of the first LBA, where a verifying worker wrote it. */
  token: bigint | null;
  atMs: number;
}

export type IoWorkerEvent =
  | { type: "sample"; sample: Sample }
  | { type: "histogram"; operation: Operation; fromMs: number; toMs: number; buckets: SparseHistogram }
  | { type: "miscompare"; miscompare: NativeMiscompare }
  /** The controller stands still since the error of this command. */
  | { type: "frozen"; opcode: number; sct: number; sc: number; slba: bigint; lbaCount: number };

/** One opcode over a worker's whole life; latencies are those of `IoWorkerResult`. */
export interface OperationFigures {
  opcode: number;
  count: number;
  errors: number;
  /** Of its commands without error. */
  bytes: number;
  latencyAverageNs: number;
  latencyMaxNs: number;
  histogram: SparseHistogram;
  serviceHistogram: SparseHistogram;
}

export interface CommandRecord {
  opcode: number;
  slba: bigint;
  lbaCount: number;
  /** CLOCK_BOOTTIME. */
  submittedNs: bigint;
  /** Null: the drive had not completed it; then `sct` 7 says why (0x82 cut off, 0x80 timed out). */
  completedNs: bigint | null;
  sct: number;
  sc: number;
}

export interface IoWorkerResult {
  /** `done`: limits met; `stopped`: asked; `terminated`: reset, power loss or closed controller; `error`: stopped at an error status; `deadline`; `frozen`: at an error status, and released since. */
  end: "done" | "stopped" | "terminated" | "error" | "deadline" | "frozen";
  reads: bigint;
  writes: bigint;
  flushes: bigint;
  readBytes: bigint;
  writtenBytes: bigint;
  durationMs: number;
  errors: {
    opcode: number;
    sct: number;
    sc: number;
    count: number;
    firstMs: number;
    lastMs: number;
    action?: ErrorAction;
  }[];
  miscompares: bigint;
  /** Sectors checked against the table, and sectors read whose table entry was unknown. */
  checkedLbas: bigint;
  unknownLbas: bigint;
  latencyAverageNs: number;
  latencyMaxNs: number;
  /** Latency from the intended submission (that of the rate control, where there is one). */
  histograms: Record<Operation, SparseHistogram>;
  /** Latency from the actual submission. */
  serviceHistograms: Record<Operation, SparseHistogram>;
  /** One entry for each opcode that the worker could send. */
  operations: OperationFigures[];
  /** The newest `lastCommands` in the order in which they ended; those that were outstanding at the end come last. */
  lastCommands: CommandRecord[];
  /** LBAs that `skipUncorrectable` left out. */
  skippedLbas: bigint;
  /** Commands outstanding when it ended. */
  inFlight: number;
  /** Completions that belonged to no command in flight (see `Controller.violations`). */
  protocolErrors?: number;
  /** See `VerifyResult`. */
  stalenessChecked?: boolean;
  cpuPercent: number;
}

/** Result of `Namespace.verify`, a sweep over a region or over the LBAs that a table knows. */
export interface VerifyResult {
  checkedLbas: bigint;
  unknownLbas: bigint;
  violations: bigint;
  /** Checked LBAs as a share of those that had to be checked, percent. */
  coveragePercent: number;
  /** False: there is no table, so that a sector that is older than it should be was not noticed. */
  stalenessChecked?: boolean;
  /** The first 64. */
  miscompares: NativeMiscompare[];
  /** After a power loss, of the LBAs written and not flushed: how many hold the newest, an older, a torn version. */
  newest: bigint;
  older: bigint;
  readErrors: bigint;
  durationMs: number;
}

/** A namespace of a software drive. `protection`: type of the protection information, needs metadata of 8 bytes or more. */
export interface ModelNamespaceSpec {
  /** A multiple of 4096. */
  capacityBytes: bigint;
  lbaBytes: 512 | 4096;
  /** 8 with both LBA sizes, 64 with 4096. */
  metadataBytes?: 0 | 8 | 64;
  /** Metadata follow the data of each LBA in one buffer; else they have a buffer of their own. */
  extendedLba?: boolean;
  protection?: 0 | 1 | 2 | 3;
  /** The protection information is in the first bytes of the metadata instead of the last. */
  protectionFirst?: boolean;
  /** Default: true. */
  attached?: boolean;
  /** 32, 16 and 32 hex digits. */
  nguid?: string;
  eui64?: string;
  uuid?: string;
  zoned?: ModelZones;
}

export interface ModelZones {
  /** Of each zone, a multiple of the LBA size; at most 1024 zones. */
  zoneBytes: bigint;
  /** What can be written of each; default: all. */
  zoneCapacityBytes?: bigint;
  /** 0: no limit; default 8 and 12. */
  maxOpen?: number;
  maxActive?: number;
  /** Indexes of zones that are worn from the beginning. */
  readOnly?: number[];
  offline?: number[];
}

/** With `nand` the times are those of one page of 16 KiB on one die, else of the whole command. */
export interface ModelLatency {
  readUs: number;
  writeUs: number;
  flushUs: number;
  jitterPercent: number;
  nand?: ModelNand | null;
}

/** Behaviour of NAND: writes go fast into an SLC region until it is full, then as slowly as the medium itself. */
export interface ModelNand {
  /** Each does one page at a time; pages are striped over them. */
  dies: number;
  slcBytes: number;
  /** Time of a page when the SLC region is full. */
  steadyWriteUs: number;
  /** In idle time so much of the SLC region is freed; default 0: only by format and sanitize. */
  foldBytesPerSecond?: number;
  /** In the steady state a die stands still for `collectUs` after so many bytes; default 0: never. */
  collectEveryBytes?: number;
  collectUs?: number;
  /** Heat by data moved; from `throttleC` on everything takes `throttlePercent` of its time. */
  thermal?: {
    ambientC?: number;
    throttleC: number;
    degreesPerGib: number;
    coolSeconds: number;
    throttlePercent?: number;
  } | null;
}

/**
 * `lose-all`; `keep-prefix`: the oldest commands survive; `reordered`: any of them; `torn`: the oldest sectors, so that a
 * command is torn unless it is atomic.
 */
export type ModelLossPolicy = "any" | "lose-all" | "keep-prefix" | "reordered" | "torn";

/** What a software drive is made of; written once into its file. */
export interface ModelDriveSpec {
  model: string;
  serial: string;
  firmware: string;
  /** Of namespace 1 where `namespaces` is not given. */
  nguid?: string;
  capacityBytes: bigint;
  /** Of namespace 1, which has the whole capacity, where `namespaces` is not given. */
  lbaBytes: 512 | 4096;
  /** nsid 1 and on; what they leave of the capacity is unallocated. */
  namespaces?: ModelNamespaceSpec[];
  /** Valid nsids, at most 32; default 4 or as many as `namespaces` has. */
  maxNamespaces?: number;
  /** CAP.AMS: queue pairs can have a priority class. */
  weightedRoundRobin?: boolean;
  /** How long a Format NVM takes, ms. */
  formatMs?: number;
  seed: bigint;
  volatileCache: boolean;
  /** Bytes of volatile cache. */
  cacheBytes?: number;
  maxQpairs?: number;
  maxQueueEntries?: number;
  mdtsBytes?: number;
  readyMs?: number;
  latency?: ModelLatency | null;
  /** What a power cut leaves of the volatile cache; default `any`: one of the others, or nothing is lost, by the seed. */
  lossPolicy?: ModelLossPolicy;
  /** LBAs of one write that a power cut leaves all old or all new (AWUPF); default 1. */
  awupfLbas?: number;
  faults?: ModelFault[];
}

/**
 * When, where and how often a defect shows. All conditions must hold. A candidate is a command; for defects of data an LBA
 * that was written; for `slow-ready` and `failed-activation` a bring-up.
 */
export interface ModelFaultRule {
  /** `after...`: so many since the drive was made. */
  when?: { afterCommands?: number; afterWrites?: number; opcode?: number };
  /** `slba` as decimal text. Default: everywhere. */
  where?: { slba: string; lbaCount: number };
  /** Default: once; without end where `everyNth` or `probability` is given. */
  times?: number;
  /** Of the candidates. */
  everyNth?: number;
  /** Of each candidate, above 0 and up to 1; seeded. */
  probability?: number;
  seed?: number;
}

export type ModelFault =
  /** After `afterWrites` write commands since creation, flip a bit in every `everyNth` written LBA inside the region. */
  | { kind: "silent-corruption"; afterWrites: number; everyNth: number }
  /** Flush answers success and makes nothing durable. */
  | { kind: "flush-lies" }
  /** Status on an opcode for LBAs of a range. */
  | { kind: "bad-status"; opcode: number; slba: string; lbaCount: number; sct: number; sc: number; times: number }
  | { kind: "stall"; afterCommands: number; ms: number }
  | { kind: "lost-completion"; afterCommands: number }
  | { kind: "slow-ready"; ms: number }
  /** So many times, firmware that waits for a reset cannot be loaded: the old one stays. */
  | { kind: "failed-activation"; times: number }
  | (ModelFaultRule &
      (
        | { kind: "silent-corruption" | "flush-lies" | "lost-completion" | "failed-activation" }
        /** Ends with this status instead of being executed. */
        | { kind: "bad-status"; sct: number; sc: number }
        /** The whole drive stands still. */
        | { kind: "stall"; ms: number }
        | { kind: "slow-ready"; ms: number }
        /** Of a sector that was just written, so many bits. */
        | { kind: "bit-flip"; bits?: number }
        /** The data of two sectors are exchanged: neighbours in a command, or this one and the one written before it. */
        | { kind: "swapped-lbas" }
        /** The sector keeps what it held before the write. */
        | { kind: "stale-data" }
        /** The first part of the sector is new, the rest is what was there before. */
        | { kind: "torn-write" }
        | { kind: "zeroed-data" }
        /** Executed at once, completed so much later. */
        | { kind: "late-completion"; ms: number }
        | { kind: "duplicate-completion" }
        /** The completion carries a cid that was never sent. */
        | { kind: "wrong-cid" }
        /** CSTS.CFS: nothing more is executed until a controller reset. */
        | { kind: "controller-fatal" }
        /** Out of the slot; back by itself after `ms` (0, the default: when the power is switched on). */
        | { kind: "surprise-removal"; ms?: number }
        /** The medium is rated for so many writes of its whole capacity; behind that sectors fail and the spare goes. */
        | { kind: "wear-out"; driveWrites: number }
      ));

export type ModelFaultKind = ModelFault["kind"];

/** What a planted defect has done since the drive was made. */
export interface ModelFaultCount {
  kind: ModelFaultKind;
  /** Candidates that met its conditions. */
  seen: number;
  acted: number;
}

export type ModelPower = "on" | "off";

export type NvmeErrorCode =
  | "ERR_ARGUMENT"
  | "ERR_CLOSED"
  | "ERR_OPEN"
  | "ERR_LOCKED"
  | "ERR_GONE"
  | "ERR_UNSUPPORTED"
  | "ERR_QPAIR"
  | "ERR_TIMEOUT"
  | "ERR_DEADLINE"
  | "ERR_POWER_OFF"
  | "ERR_READY"
  | "ERR_FILE"
  | "ERR_FROZEN";

export class NvmeError extends Error {
  constructor(
    readonly code: NvmeErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "NvmeError";
  }
}
