/** The interface every caller programs against; `index.ts` exports the one implementation over the addon. */

import type { OpenOptions, TransportAddress } from "./address";
import type { AdminCommands } from "./admin/admin-commands";
import type { AdminChannel } from "./admin/channel";
import type { GetFeatureOptions, SetFeatureOptions } from "./admin/features";
import type { Buffer, BufferOptions, CommandData } from "./buffer";
import type { CommandSet } from "./command-names";
import type { Completion, RawCommand } from "./completion";
import type { ControllerIdentity, NamespaceIdentity } from "./identity";
import type { ModelFaultCount } from "./model/fault-spec";
import type { ModelDriveSpec, ModelPower } from "./model/spec";
import type {
  CopySource,
  DatasetAttributes,
  DatasetRange,
  FormatOptions,
  IoFlags,
  ProtectionOptions,
  TransferFlags,
} from "./namespace/io-options";
import type { NativeMiscompare, VerifyResult } from "./namespace/miscompare";
import type { VerifyOptions } from "./namespace/verification";
import type { RecordedCommand } from "./recorded-commands";
import type { BringUpReport, ProtocolViolations, ResetReport } from "./reset-report";
import type { IoWorkerOptions } from "./worker/options";
import type { IoWorkerEvent, IoWorkerResult } from "./worker/result";

export interface DriverInfo {
  driverVersion: string;
  /** SPDK release compiled in, or null. */
  spdkVersion: string | null;
  transports: ("model" | "spdk-pcie" | "spdk-tcp" | "spdk-vfio-user")[];
}

export interface OpenQueue {
  controller: Controller;
  qid: number;
  /** Queue entries. */
  depth: number;
  /** Who made it: a script, a worker. */
  label: string;
}

/** The driver's own steps, for a bring-up that a script orders. */
export interface BringUpSteps {
  /** Writes AQA, ASQ and ACQ for the driver's admin queue; CC.EN must be 0. Then `controller.admin` works once RDY is 1. */
  setUpAdminQueue(): Promise<void>;
  /** Waits for CSTS.RDY; ms. @throws ERR_READY after CAP.TO */
  waitReady(ready: boolean): Promise<number>;
}

/** Brings a controller up instead of the driver. Its `identity` is there only afterwards. `reset` and `reopen` do as usual. */
export type Initialise = (controller: Controller, steps: BringUpSteps) => Promise<void>;

export interface NvmeDriver {
  info(): DriverInfo;
  /** Opens the drive, brings the controller to CSTS.RDY = 1 and reads Identify. @throws NvmeError ERR_OPEN, ERR_LOCKED, ERR_READY, ERR_POWER_OFF, ERR_UNSUPPORTED */
  open(address: TransportAddress, options?: OpenOptions & { initialise?: Initialise }): Promise<Controller>;
  /** Queues of all open controllers of this process; 0 is each one's admin queue. */
  queues(): Promise<OpenQueue[]>;
  /**
   * From this CLOCK_BOOTTIME instant (ns) on, nothing is submitted to any drive of this process: commands fail with
   * ERR_DEADLINE, workers end with `deadline`. The check stands directly before each submission, on the submitting thread.
   * It can be moved earlier, never later.
   */
  setDeadline(boottimeNs: bigint): void;
  boottimeNs(): bigint;
  /** Makes a software drive's file. @throws ERR_FILE when it exists or there is no space. */
  createModelDrive(path: string, spec: ModelDriveSpec): Promise<void>;
  /** The simulated power switch of a software drive: acts on the file, also while a process has the drive open. */
  modelPower(path: string, action: ModelPower): Promise<{ power: ModelPower; generation: number }>;
  modelPowerState(path: string): Promise<{ power: ModelPower; generation: number }>;
  /** What the planted defects of a software drive have done, in the order of its spec. */
  modelFaults(path: string): Promise<ModelFaultCount[]>;
}

/** Of the newest command that has ended. */
export interface LatestCommand {
  /** null when our side ended it. */
  cid: number | null;
  latencyNs: number;
}

export interface Controller extends AdminChannel {
  readonly address: TransportAddress;
  readonly identity: ControllerIdentity;
  /** Admin commands by name, and the drive's events. */
  readonly commands: AdminCommands;
  /** The longest transfer of one command, bytes: the drive's MDTS or the transport's limit. */
  readonly mdts: number;
  /** A command older than this is completed locally (07/80, cdw0 all ones), ms. A reset keeps it. */
  readonly timeoutMs: number;
  /** For commands sent from now on, on all queues. */
  setTimeoutMs(timeoutMs: number): Promise<void>;
  /** The newest admin command that has ended; null before the first. */
  readonly latest: LatestCommand | null;
  /** The flight recorder of the admin queue: the newest `count` commands (0: all it has), newest first; also after `close`. */
  cmdlog(count?: number): RecordedCommand[];
  /** What the drive's log of commands (5) says. @throws ERR_UNSUPPORTED when it has no such log. */
  supports(opcode: number, set?: CommandSet): Promise<boolean>;
  /** Memory that the drive reaches itself: commands that use it copy nothing. @throws ERR_ARGUMENT when there is none left. */
  createBuffer(length: number, options?: BufferOptions): Buffer;
  /** Reads Identify again from the drive. */
  identify(): Promise<ControllerIdentity>;
  /** nsids of the active namespaces. */
  activeNamespaces(): Promise<number[]>;
  namespace(nsid: number): Promise<Namespace>;
  /** How long the bring-up of `open` took. */
  readonly bringUp: BringUpReport;
  /** Register at a byte offset of BAR0 (NVMe base 3.1), 4 or 8 bytes; on the software drive doorbells and MSI-X too. @throws ERR_GONE when the device answers all ones. */
  readRegister(offset: number, bytes: 4 | 8): Promise<bigint>;
  writeRegister(offset: number, value: bigint, bytes: 4 | 8): Promise<void>;
  /** CAP, VS, CC, CSTS and friends by name; null where the transport does not show one. */
  registers(): Promise<Record<string, bigint | null>>;
  identifyRaw(cns: number, nsid?: number, cntid?: number): Promise<{ completion: Completion; data: Uint8Array }>;
  getFeature(fid: number, options?: GetFeatureOptions): Promise<Completion>;
  setFeature(fid: number, cdw11: number, options?: SetFeatureOptions): Promise<Completion>;
  format(nsid: number, options: FormatOptions): Promise<Completion>;
  /** CC.EN 1-0-1 with I/O in flight: workers and qpairs are parked, every handle settles, qpairs are usable again. */
  reset(): Promise<ResetReport>;
  /**
   * Call after power came back: brings the controller up as `open` did. `admit` is called once the controller is ready and
   * before anything else is sent: what came up may be another drive. @throws as `open`; what `admit` throws.
   */
  reopen(options?: { admit?: () => Promise<void> }): Promise<ResetReport>;
  /** Since `open`. Null: the transport hides completion entries (SPDK checks them itself). */
  violations(): ProtocolViolations | null;
  createQpair(options: QpairOptions): Promise<Qpair>;
  /** Settles everything outstanding and frees the device. @throws ERR_FROZEN, and stays open */
  close(): Promise<void>;
}

export interface QpairOptions {
  /** Queue entries; `depth` - 1 commands can be outstanding. */
  depth: number;
  priority?: 0 | 1 | 2 | 3;
  /** Default true; false: the completion queue has no interrupts (IEN = 0). Commands complete all the same. */
  interrupts?: boolean;
  /** MSI-X vector; default: the one with the queue's number. */
  vector?: number;
}

export interface Qpair {
  readonly qid: number;
  readonly depth: number;
  /** Path of this qpair's flight recorder, or null. */
  readonly cmdlogPath: string | null;
  /** The newest command that has ended on it; null before the first. */
  readonly latest: LatestCommand | null;
  /** Its flight recorder: the newest `count` commands (0: all it has), newest first; also after `delete` and `close`. */
  cmdlog(count?: number): RecordedCommand[];
  delete(): Promise<void>;
}

export interface Namespace {
  readonly nsid: number;
  readonly identity: NamespaceIdentity;
  /** LBA addresses are bigint, the length of `data` gives the LBA count. */
  read(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion>;
  write(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion>;
  compare(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion>;
  /** Verify: the drive reads and checks, no data move. (`verify` sweeps with the table.) */
  verifyLbas(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags?: IoFlags & { protection?: ProtectionOptions },
  ): Promise<Completion>;
  /** Copy inside the namespace; limits are MSSRL, MCL and MSRC of Identify Namespace. */
  copy(qpair: Qpair, sources: CopySource[], destination: bigint, flags?: IoFlags): Promise<Completion>;
  writeUncorrectable(qpair: Qpair, slba: bigint, lbaCount: number): Promise<Completion>;
  /** Compare and Write as one fused operation. */
  compareAndWrite(
    qpair: Qpair,
    slba: bigint,
    expected: CommandData,
    data: CommandData,
  ): Promise<{ compare: Completion; write: Completion }>;
  flush(qpair: Qpair): Promise<Completion>;
  /** `deallocate`: DEAC, the drive may deallocate instead of writing. */
  writeZeroes(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags?: IoFlags & { deallocate?: boolean },
  ): Promise<Completion>;
  /** Dataset Management with "deallocate", 1 to 256 ranges. */
  deallocate(qpair: Qpair, ranges: DatasetRange[]): Promise<Completion>;
  /** Dataset Management: ranges as a list, or `count` of those that `Buffer.setDsmRange` has put into `data`. */
  datasetManagement(
    qpair: Qpair,
    ranges: DatasetRange[] | { data: CommandData; count: number },
    attributes: DatasetAttributes,
  ): Promise<Completion>;
  /** Any command. Nothing about its data is checked: what its dwords say of their length is the script's word. */
  io(
    qpair: Qpair,
    command: RawCommand,
    data?: CommandData,
    direction?: "from-device" | "to-device",
  ): Promise<Completion>;
  /**
   * Opens (or creates) the verify table of this namespace: 4 bytes per LBA, memory-mapped, survives the process.
   * From now on every write path of this namespace keeps it up to date. `seed` makes worker payloads provable.
   * `lbas`: only so many from LBA 0 on are covered (default: all). `path` null: no table, for namespaces that are too large
   * for one; sectors of workers prove themselves, and everything is found but staleness (`stalenessChecked`). After an
   * unclean stop of the machine what an existing table says is unknown until it is written again, and coverage says so.
   */
  openVerifyTable(path: string | null, seed: bigint, options?: { lbas?: bigint }): Promise<void>;
  /**
   * From now on every `read` is checked: wrong data make its completion 07/81, the data are delivered all the same, and
   * `takeMiscompares` tells what was wrong.
   */
  verifyReads(on: boolean): void;
  /** What checked reads have found since the last call, at most the first 64. */
  takeMiscompares(): NativeMiscompare[];
  startIoWorker(options: IoWorkerOptions): IoWorker;
  /** Reads and checks. */
  verify(options: VerifyOptions): Promise<VerifyResult>;
}

/** Its events in order until it has ended, the newest 65 536; of several readers each event goes to one. */
export interface IoWorker extends AsyncIterable<IoWorkerEvent> {
  /** What to give `startIoWorker` to have the same commands again. */
  readonly seed: bigint;
  readonly worker: number;
  /** Settles when the worker's thread has ended and every command of its is settled. Never rejects for a fault of the DUT. */
  readonly result: Promise<IoWorkerResult>;
  /** Nothing more is sent; what is outstanding is waited for. Again, or later, it does nothing. */
  stop(): void;
  /**
   * Ends the freeze that `onError: "freeze"` brought: what was outstanding is taken in, this worker ends as `frozen`, the
   * other ones go on. Does nothing when the controller is not frozen.
   */
  release(): void;
}
