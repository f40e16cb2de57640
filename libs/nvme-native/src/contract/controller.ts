/** An open drive; `../controller.ts` implements it. */

import type { AdminCommands } from "../admin/admin-commands";
import type { AdminChannel } from "../admin/channel";
import type { GetFeatureOptions, SetFeatureOptions } from "../admin/features";
import type { LogPageOptions } from "../admin/log-page";
import type { Buffer, BufferOptions, CommandData } from "../buffer/buffer";
import type { CommandSet } from "../command/command-names";
import type { Completion } from "../command/completion";
import type { RecordedCommand } from "../command/recorded-commands";
import type { ControllerIdentity } from "../controller/identity";
import type { BringUpReport, ProtocolViolations, ResetReport } from "../controller/reset-report";
import type { FormatOptions } from "../namespace/io-options";
import type { TransportAddress } from "../open/address";
import type { KeyValueNamespace } from "./key-value-namespace";
import type { Namespace } from "./namespace";
import type { LatestCommand, Qpair, QpairOptions } from "./qpair";

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

/** An open drive. Commands resolve to completions whatever the drive says; what is rejected is an `NvmeError`. */
export interface Controller extends AdminChannel {
  readonly address: TransportAddress;
  readonly identity: ControllerIdentity;
  /** By `close`: calls are ERR_CLOSED. */
  readonly closed: boolean;
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
   * foreign to the table of the others, as a write of another host would be. @throws ERR_OPEN when it is not active;
   * ERR_UNSUPPORTED when it is of keys and values
   */
  namespace(nsid: number, options?: { apart?: boolean }): Promise<Namespace>;
  /** One of the key value command set, which has no blocks. @throws ERR_UNSUPPORTED when it is another; ERR_OPEN when it is not active */
  keyValueNamespace(nsid: number): Promise<KeyValueNamespace>;
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
