/** A namespace; `../namespace/namespace.ts` implements it. */

import type { CommandData } from "../buffer/buffer";
import type { Completion, RawCommand } from "../command/completion";
import type { NamespaceIdentity } from "../controller/identity";
import type {
  AppendFlags,
  CopyFlags,
  CopySource,
  DatasetAttributes,
  DatasetRange,
  IoFlags,
  ProtectionOptions,
  TransferFlags,
  WriteFlags,
} from "../namespace/io-options";
import type { NativeMiscompare, VerifyResult } from "../namespace/miscompare";
import type { VerifyOptions, VerifyTableOptions } from "../namespace/verification";
import type { IoWorker } from "../worker/handle";
import type { IoWorkerOptions } from "../worker/options";
import type { Qpair } from "./qpair";

/** The commands of a namespace (NVM Command Set 1.0, 3.2). @throws ERR_CLOSED when it is stale */
export interface Namespace {
  readonly nsid: number;
  /** As it was when this object was made. */
  readonly identity: NamespaceIdentity;
  /** LBA addresses are bigint, the length of `data` gives the LBA count. */
  read(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion>;
  write(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion>;
  compare(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion>;
  /** Zone Append (ZNS Command Set 1.1, 3.4.1): CDW0 and CDW1 of the completion tell the LBA; `ZonedNamespace.append` reads it. */
  zoneAppend(qpair: Qpair, zslba: bigint, data: CommandData, flags?: AppendFlags): Promise<Completion>;
  /** Verify: the drive reads and checks, no data move. (`verify` sweeps with the table.) */
  verifyLbas(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags?: IoFlags & { protection?: ProtectionOptions },
  ): Promise<Completion>;
  /** Copy inside the namespace; limits are MSSRL, MCL and MSRC of Identify Namespace. */
  copy(qpair: Qpair, sources: CopySource[], destination: bigint, flags?: CopyFlags): Promise<Completion>;
  /** Its LBAs are unreadable (02/81) until they are written. */
  writeUncorrectable(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags?: Pick<WriteFlags, "placement">,
  ): Promise<Completion>;
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
    flags?: WriteFlags & { deallocate?: boolean; protection?: ProtectionOptions },
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
  /**
   * What the table says reaches the disk; `Controller.close` does it too. Writers then wait for the disk a few times.
   * `resting`: only what was not written since the last call, which costs those who write elsewhere nothing; called now and
   * then it bounds what a stop of the machine makes unknown during a long load. @throws ERR_FILE when the disk did not take
   * it, or not what had to be noted there before something changed: from then on no later session believes the table.
   */
  syncVerifyTable(options?: { resting?: boolean }): Promise<void>;
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
