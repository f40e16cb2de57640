import type { NativeHandle } from "../addon/command";
import { type CommandData, carried, viewOf } from "../buffer/buffer";
import { flag, having, integer, object, oneOf, refuse } from "../check";
import type { ControllerAccess } from "../command/access";
import { checkCommand, nativeCommand } from "../command/command";
import type { Completion, RawCommand } from "../command/completion";
import type { Namespace } from "../contract/namespace";
import type { Qpair } from "../contract/qpair";
import type { NamespaceIdentity } from "../controller/identity";
import { checkWorkerOptions } from "../worker/check-options";
import type { IoWorker } from "../worker/handle";
import { NvmeIoWorker } from "../worker/ioworker";
import type { IoWorkerOptions } from "../worker/options";
import { NamespaceChannel } from "./channel";
import { copySources, descriptorFormat } from "./copy-sources";
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
} from "./io-options";
import type { NativeMiscompare, VerifyResult } from "./miscompare";
import {
  addressed,
  copyCommand,
  datasetCommand,
  datasetRanges,
  MAX_LBAS,
  MAX_RANGES_BYTES,
  placed,
  protect,
  writeZeroesCommand,
} from "./nvm-commands";
import { NVM_OPCODE } from "./nvm-opcodes";
import type { NamespaceTraffic } from "./traffic";
import { NamespaceVerification, type VerifyOptions, type VerifyTableOptions } from "./verification";

const FUSED_FIRST = 1;
const FUSED_SECOND = 2;
/** Of the zoned command set. */
const ZONE_APPEND = 0x7d;
/** PIREMAP. */
const REMAP = 0x0200_0000;

export class NvmeNamespace implements Namespace {
  readonly #commands: NamespaceChannel;
  /** Started so far. */
  #workers = 0;

  constructor(
    private readonly controller: ControllerAccess,
    private readonly native: NativeHandle,
    readonly identity: NamespaceIdentity,
    /** For our own use; of all objects of this namespace. */
    readonly verification: NamespaceVerification,
    /** For our own use; of all objects of this namespace. */
    readonly traffic: NamespaceTraffic,
  ) {
    this.#commands = new NamespaceChannel(controller, native, identity, traffic);
  }

  get nsid(): number {
    return this.identity.nsid;
  }

  /** For our own use: what has become of the namespace; null when it is as this object knows it. */
  retire(why: string | null): void {
    this.#commands.retire(why);
  }

  async read(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#commands.move(NVM_OPCODE.read, qpair, slba, data, flags);
  }

  async write(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#commands.move(NVM_OPCODE.write, qpair, slba, data, flags);
  }

  async compare(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#commands.move(NVM_OPCODE.compare, qpair, slba, data, flags);
  }

  async zoneAppend(qpair: Qpair, zslba: bigint, data: CommandData, flags: AppendFlags = {}): Promise<Completion> {
    const { remap, ...transfer } = having("flags", flags, []);
    const moves = (this.identity.protection?.type ?? 0) === 1 || this.identity.protection?.type === 2;
    const bits = flag("flags.remap", remap ?? moves) ? REMAP : 0;
    return this.#commands.move(ZONE_APPEND, qpair, zslba, data, transfer, { bits });
  }

  async compareAndWrite(
    qpair: Qpair,
    slba: bigint,
    expected: CommandData,
    data: CommandData,
  ): Promise<{ compare: Completion; write: Completion }> {
    const { byteLength } = viewOf("expected", expected, 1, this.controller.identity.mdtsBytes * 2);
    viewOf("data", data, byteLength, byteLength);
    // One behind the other in the queue: nothing is awaited between the two.
    const [compare, write] = await Promise.all([
      this.#commands.move(NVM_OPCODE.compare, qpair, slba, expected, {}, { fuse: FUSED_FIRST }),
      this.#commands.move(NVM_OPCODE.write, qpair, slba, data, {}, { fuse: FUSED_SECOND }),
    ]);
    return { compare, write };
  }

  async verifyLbas(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags: IoFlags & { protection?: ProtectionOptions } = {},
  ): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    const { protection, ...plain } = object<typeof flags>("flags", flags, ["fua", "limitedRetry", "cdw", "protection"]);
    const command = addressed(NVM_OPCODE.verify, this.nsid, slba, lbaCount, plain);
    protect(command, this.identity, slba, protection);
    return this.#commands.send(qpair, command, null, "none", lbaCount);
  }

  async copy(qpair: Qpair, sources: CopySource[], destination: bigint, flags: CopyFlags = {}): Promise<Completion> {
    const format = descriptorFormat(this.identity, having("flags", flags, []).descriptorFormat);
    const data = copySources(this.identity, sources, format);
    const command = copyCommand(this.identity, destination, sources.length, format, flags);
    return this.#commands.send(qpair, command, data, "to-device", 0);
  }

  async writeUncorrectable(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags: Pick<WriteFlags, "placement"> = {},
  ): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    const { placement } = object<typeof flags>("flags", flags, ["placement"]);
    const command = placed(addressed(NVM_OPCODE.writeUncorrectable, this.nsid, slba, lbaCount), placement);
    return this.#commands.send(qpair, command, null, "none", lbaCount);
  }

  async flush(qpair: Qpair): Promise<Completion> {
    return this.#commands.send(qpair, nativeCommand({ opcode: NVM_OPCODE.flush, nsid: this.nsid }), null, "none", 0);
  }

  async writeZeroes(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags: WriteFlags & { deallocate?: boolean; protection?: ProtectionOptions } = {},
  ): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    const command = writeZeroesCommand(this.identity, slba, lbaCount, flags);
    return this.#commands.send(qpair, command, null, "none", lbaCount);
  }

  async deallocate(qpair: Qpair, ranges: DatasetRange[]): Promise<Completion> {
    return this.datasetManagement(qpair, ranges, { deallocate: true });
  }

  async datasetManagement(
    qpair: Qpair,
    ranges: DatasetRange[] | { data: CommandData; count: number },
    attributes: DatasetAttributes,
  ): Promise<Completion> {
    const given = Array.isArray(ranges)
      ? { data: datasetRanges(ranges), count: ranges.length }
      : object<{ data: CommandData; count: number }>("ranges", ranges, ["data", "count"]);
    const command = datasetCommand(this.nsid, given.data, given.count, attributes);
    const { data } = carried("ranges", given.data, this.controller, 4, MAX_RANGES_BYTES);
    return this.#commands.send(qpair, command, data, "to-device", 0);
  }

  async io(
    qpair: Qpair,
    command: RawCommand,
    data?: CommandData,
    direction?: "from-device" | "to-device",
  ): Promise<Completion> {
    const checked = checkCommand("command", command, this.nsid);
    const limit = this.controller.identity.mdtsBytes * 2;
    const carries = data === undefined ? null : carried("data", data, this.controller, 4, limit).data;
    if (data !== undefined && direction === undefined)
      refuse("direction is undefined, data needs from-device or to-device");
    if (direction !== undefined) oneOf("direction", direction, ["from-device", "to-device"]);
    return this.#commands.send(qpair, checked, carries, data === undefined ? "none" : direction!, 0);
  }

  async openVerifyTable(path: string | null, seed: bigint, options: VerifyTableOptions = {}): Promise<void> {
    this.#commands.use();
    return this.verification.open(path, seed, options);
  }

  async syncVerifyTable(options: { resting?: boolean } = {}): Promise<void> {
    this.controller.use();
    const { resting } = object<typeof options>("options", options, ["resting"]);
    flag("options.resting", resting ?? false);
    if (!this.verification.hasTable) refuse("syncVerifyTable needs a table, openVerifyTable must come first");
    return this.verification.sync(resting === true);
  }

  verifyReads(on: boolean): void {
    this.controller.use();
    this.verification.checkReads(on);
  }

  takeMiscompares(): NativeMiscompare[] {
    return this.verification.takeMiscompares();
  }

  startIoWorker(options: IoWorkerOptions): IoWorker {
    this.#commands.use();
    const facts = { hasTable: this.verification.hasTable, worker: this.#workers };
    const handle = new NvmeIoWorker(
      this.native,
      checkWorkerOptions(options, this.identity, this.controller.identity, facts),
    );
    this.#workers++;
    // Its end is told by the handle alone.
    this.traffic.during(handle.result).catch(() => {});
    return handle;
  }

  async verify(options: VerifyOptions): Promise<VerifyResult> {
    this.#commands.use();
    return this.traffic.during(this.verification.sweep(options));
  }
}
