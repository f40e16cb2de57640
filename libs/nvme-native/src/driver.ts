/** The interface every caller programs against; `index.ts` exports the one implementation over the addon. */

import type { OpenOptions, TransportAddress } from "./address";
import type { AdminCommands } from "./admin/admin-commands";
import type { AdminChannel } from "./admin/channel";
import type { GetFeatureOptions, SetFeatureOptions } from "./admin/features";
import type { LogPageOptions } from "./admin/log-page";
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
import type { VerifyOptions, VerifyTableOptions } from "./namespace/verification";
import type { RecordedCommand } from "./recorded-commands";
import type { BringUpReport, ProtocolViolations, ResetReport } from "./reset-report";
import type { IoWorker } from "./worker/handle";
import type { IoWorkerOptions } from "./worker/options";

/** What this build of the driver can do. */
export interface DriverInfo {
  driverVersion: string;
  /** SPDK release compiled in, or null. */
  spdkVersion: string | null;
  /** Those that `open` takes. */
  transports: ("model" | "spdk-pcie" | "spdk-tcp" | "spdk-vfio-user")[];
}

/** A queue pair of this process. */
export interface OpenQueue {
  controller: Controller;
  qid: number;
  /** Queue entries. */
  depth: number;
  /**
   * Commands that the drive has and has not completed: requests for events too, and those that our side timed out until the
   * drive gives them back or is reset. What was sent just before may not be among them yet.
   */
  outstanding: number;
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

/**
 * Brings a controller up instead of the driver, at `open` and again at each `reset` and `reopen`. At `open` the identity
 * is there only afterwards. At the others queue pairs stand until it is done, and none is created meanwhile; those that
 * there are get their queues again afterwards.
 */
export type Initialise = (controller: Controller, steps: BringUpSteps) => Promise<void>;

/** The front door. */
export interface NvmeDriver {
  /** Asks no drive. */
  info(): DriverInfo;
  /** Opens the drive, brings the controller to CSTS.RDY = 1 and reads Identify. @throws NvmeError ERR_OPEN, ERR_LOCKED, ERR_READY, ERR_POWER_OFF, ERR_UNSUPPORTED */
  open(address: TransportAddress, options?: OpenOptions & { initialise?: Initialise }): Promise<Controller>;
  /** Queues of all open controllers of this process and how much each has in flight; 0 is each one's admin queue. */
  queues(): Promise<OpenQueue[]>;
  /**
   * From this CLOCK_BOOTTIME instant (ns) on, nothing is submitted to any drive of this process: commands fail with
   * ERR_DEADLINE, workers end with `deadline`. The check stands directly before each submission, on the submitting thread.
   * It can be moved earlier, never later.
   */
  setDeadline(boottimeNs: bigint): void;
  /** CLOCK_BOOTTIME, ns: what `setDeadline` counts in. */
  boottimeNs(): bigint;
  /** Makes a software drive's file. @throws ERR_FILE when it exists or there is no space. */
  createModelDrive(path: string, spec: ModelDriveSpec): Promise<void>;
  /** The simulated power switch of a software drive: acts on the file, also while a process has the drive open. */
  modelPower(path: string, action: ModelPower): Promise<{ power: ModelPower; generation: number }>;
  /** Power of a software drive, and how often it was switched off. @throws ERR_OPEN, ERR_FILE */
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

/** An open drive. Commands resolve to completions whatever the drive says; what is rejected is an `NvmeError`. */
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
  /** Admin commands that the drive has not completed, newest first, with their cids; what was sent just before is among them. */
  outstanding(): Promise<RecordedCommand[]>;
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
  /**
   * Identifies the namespace; all objects of one share its verify table. `apart`: this one does not, what it writes is
   * foreign to the table of the others, as a write of another host would be. @throws ERR_OPEN when it is not active
   */
  namespace(nsid: number, options?: { apart?: boolean }): Promise<Namespace>;
  /** How long the bring-up of `open` took. */
  readonly bringUp: BringUpReport;
  /** Register at a byte offset of BAR0 (NVMe base 3.1), 4 or 8 bytes; on the software drive doorbells and MSI-X too. @throws ERR_GONE when the device answers all ones. */
  readRegister(offset: number, bytes: 4 | 8): Promise<bigint>;
  /** As `readRegister`. */
  writeRegister(offset: number, value: bigint, bytes: 4 | 8): Promise<void>;
  /** CAP, VS, CC, CSTS and friends by name; null where the transport does not show one. */
  registers(): Promise<Record<string, bigint | null>>;
  /** As `AdminChannel.getLogPage`; `to` is the number of bytes, or what takes them: `data` is its view then. */
  getLogPage(
    lid: number,
    to: number | CommandData,
    options?: LogPageOptions,
  ): Promise<{ completion: Completion; data: Uint8Array }>;
  /** Identify with any CNS (NVMe Base 2.0, 5.17), 4096 bytes. */
  identifyRaw(
    cns: number,
    nsid?: number,
    cntid?: number,
    csi?: number,
  ): Promise<{ completion: Completion; data: Uint8Array }>;
  /** Get Features (NVMe Base 2.0, 5.15): the value is dword 0; nsid 0 unless said. */
  getFeature(fid: number, options?: GetFeatureOptions): Promise<Completion>;
  /** Set Features (NVMe Base 2.0, 5.27); nsid 0 unless said. */
  setFeature(fid: number, cdw11: number, options?: SetFeatureOptions): Promise<Completion>;
  /**
   * Format NVM (NVM Command Set 1.0, 4.1.3), 10 minutes at most unless said; nsid ffffffffh: all. Namespace objects of
   * other sectors are stale then. @throws ERR_BUSY when it would change sectors that workers, sweeps or commands of a length
   * in LBAs are moving just now
   */
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
  /** One submission and one completion queue. @throws ERR_QPAIR, ERR_GONE */
  createQpair(options: QpairOptions): Promise<Qpair>;
  /**
   * Settles everything outstanding, notifies the drive of a normal shutdown (CC.SHN = 01b, at most RTD3E or 10 s) and frees
   * it. @throws ERR_FROZEN, and stays open
   */
  close(): Promise<void>;
}

/** A queue pair that is wanted. */
export interface QpairOptions {
  /** Queue entries; `depth` - 1 commands can be outstanding. */
  depth: number;
  /** 0 urgent, 1 high, 2 medium, 3 low; others than 0 need weighted round robin. */
  priority?: 0 | 1 | 2 | 3;
  /** Default true; false: the completion queue has no interrupts (IEN = 0). Commands complete all the same. */
  interrupts?: boolean;
  /** MSI-X vector; default: the one with the queue's number. */
  vector?: number;
}

/** A queue pair of a script: commands of several namespaces go through it, as many as one likes wait for their turn. */
export interface Qpair {
  readonly qid: number;
  /** Queue entries. */
  readonly depth: number;
  /** Path of this qpair's flight recorder, or null. */
  readonly cmdlogPath: string | null;
  /** The newest command that has ended on it; null before the first. */
  readonly latest: LatestCommand | null;
  /**
   * Its commands that the drive has not completed, newest first; what was sent just before is among them. Their cids are what
   * `AdminCommands.abort` takes; SPDK's own queues tell none before the completion (0 then).
   */
  outstanding(): Promise<RecordedCommand[]>;
  /** Its flight recorder: the newest `count` commands (0: all it has), newest first; also after `delete` and `close`. */
  cmdlog(count?: number): RecordedCommand[];
  /** What is outstanding is settled first. @throws ERR_FROZEN, and stays */
  delete(): Promise<void>;
}

/** The commands of a namespace (NVM Command Set 1.0, 3.2). @throws ERR_CLOSED when it is stale */
export interface Namespace {
  readonly nsid: number;
  /** As it was when this object was made. */
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
  /** Its LBAs are unreadable (02/81) until they are written. */
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
   * `path` null: no table, for namespaces that are too large for one; sectors of workers prove themselves, and everything is
   * found but staleness (`stalenessChecked`). After an unclean stop of the machine what was written since the last
   * `syncVerifyTable` is unknown until it is written again, together with its neighbours (1024 LBAs, or a 4096th of a large
   * table), and coverage says so. A process that dies costs nothing. A table of another namespace,
   * of another drive or with another seed, is begun anew.
   */
  openVerifyTable(path: string | null, seed: bigint, options?: VerifyTableOptions): Promise<void>;
  /** What the table says reaches the disk; `Controller.close` does it too. Writers then wait for the disk a few times. */
  syncVerifyTable(): Promise<void>;
  /**
   * From now on every `read` is checked: wrong data make its completion 07/81, the data are delivered all the same, and
   * `takeMiscompares` tells what was wrong.
   */
  verifyReads(on: boolean): void;
  /** What checked reads have found since the last call, at most the first 64. */
  takeMiscompares(): NativeMiscompare[];
  /**
   * A thread with a queue pair of its own. @throws ERR_ARGUMENT; without a queue pair left `result` rejects with
   * ERR_QPAIR
   */
  startIoWorker(options: IoWorkerOptions): IoWorker;
  /** Reads and checks. */
  verify(options: VerifyOptions): Promise<VerifyResult>;
}
