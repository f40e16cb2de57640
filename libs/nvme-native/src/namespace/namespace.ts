import type { ControllerAccess } from "../access";
import { addon, settle } from "../addon/addon";
import type { NativeCommand, NativeData, NativeDirection, NativeHandle } from "../addon/command";
import { type CommandData, carried, viewOf } from "../buffer";
import { big, integer, object, oneOf, refuse, U64 } from "../check";
import { checkCommand, nativeCommand } from "../command";
import type { Completion, RawCommand } from "../completion";
import type { IoWorker, Namespace, Qpair } from "../driver";
import type { NamespaceIdentity } from "../identity";
import { NvmeError } from "../nvme-error";
import { NvmeQpair } from "../qpair";
import { checkWorkerOptions } from "../worker/check-options";
import { NvmeIoWorker } from "../worker/ioworker";
import type { IoWorkerOptions } from "../worker/options";
import type { CopySource, ProtectionOptions, TransferFlags } from "./io-options";
import type { NativeMiscompare, VerifyResult } from "./miscompare";
import { addressed, copySources, deallocateCommand, MAX_LBAS, protect, writeZeroesCommand } from "./nvm-commands";
import { NVM_OPCODE } from "./nvm-opcodes";
import { joined, protectionDwords, transferLayout } from "./protection";
import { NamespaceVerification, type VerifyOptions } from "./verification";

const FUSED_FIRST = 1;
const FUSED_SECOND = 2;

export class NvmeNamespace implements Namespace {
  /** For our own use. */
  readonly verification: NamespaceVerification;
  /** Why its identity no longer holds; null as long as it does. */
  #stale: string | null = null;

  constructor(
    private readonly controller: ControllerAccess,
    private readonly native: NativeHandle,
    readonly identity: NamespaceIdentity,
  ) {
    this.verification = new NamespaceVerification(controller, native, identity);
  }

  get nsid(): number {
    return this.identity.nsid;
  }

  /** For our own use: what has become of the namespace; null when it is as this object knows it. */
  retire(why: string | null): void {
    this.#stale = why;
  }

  /** A length in LBAs of another size would make the drive write beyond the end of the data. @throws ERR_CLOSED */
  #use(): void {
    this.controller.use();
    if (this.#stale === null) return;
    throw new NvmeError(
      "ERR_CLOSED",
      `namespace ${this.nsid} ${this.#stale}: call controller.namespace(${this.nsid}) again`,
    );
  }

  async #send(
    qpair: Qpair,
    command: NativeCommand,
    data: NativeData | null,
    direction: NativeDirection,
    lbas: number,
    metadataBytes = 0,
  ): Promise<Completion> {
    if (!(qpair instanceof NvmeQpair)) refuse("qpair is not a queue pair of this driver");
    if (qpair.controller !== this.controller) refuse(`qpair ${qpair.qid} belongs to another controller`);
    const lane = qpair.use();
    return qpair.ended(await settle(addon().io(this.native, command, data, direction, lane, lbas, metadataBytes)));
  }

  #sectors(data: CommandData, stride: number): { data: NativeData; view: Uint8Array; lbas: number } {
    // What of it is data counts against MDTS.
    const limit = Math.min(MAX_LBAS, Math.floor(this.controller.identity.mdtsBytes / this.identity.lbaBytes));
    const { data: carries, byteLength } = carried("data", data, this.controller, stride, limit * stride);
    if (byteLength % stride !== 0)
      refuse(`data has ${byteLength} bytes, it must be a multiple of the LBA size, ${stride}`);
    return { data: carries, view: viewOf("data", data, stride, byteLength), lbas: byteLength / stride };
  }

  /** A command that moves data, with the metadata and the protection information of this namespace. */
  async #move(
    opcode: number,
    qpair: Qpair,
    slba: bigint,
    data: CommandData,
    flags: TransferFlags = {},
    fuse = 0,
  ): Promise<Completion> {
    this.#use();
    const o = object<TransferFlags>("flags", flags, ["fua", "limitedRetry", "metadata", "protection"]);
    big("slba", slba, 0n, U64);
    const { metadata, protection, ...plain } = o;
    const { stride, apart } = transferLayout(this.identity, protectionDwords(this.identity, slba, protection).action);
    const { data: carries, view, lbas } = this.#sectors(data, stride);
    const command = addressed(opcode, this.nsid, slba, lbas, plain);
    protect(command, this.identity, slba, protection);
    if (fuse !== 0) command.fuse = fuse;
    const read = opcode === NVM_OPCODE.read;
    const direction = read ? "from-device" : "to-device";
    if (apart === 0 && metadata === undefined) return this.#send(qpair, command, carries, direction, lbas);
    const both = joined(view, metadata, apart * lbas);
    const completion = await this.#send(qpair, command, both, direction, lbas, apart * lbas);
    if (read && both !== view) {
      view.set(both.subarray(0, view.byteLength));
      metadata?.set(both.subarray(view.byteLength));
    }
    return completion;
  }

  async read(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#move(NVM_OPCODE.read, qpair, slba, data, flags);
  }

  async write(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#move(NVM_OPCODE.write, qpair, slba, data, flags);
  }

  async compare(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#move(NVM_OPCODE.compare, qpair, slba, data, flags);
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
      this.#move(NVM_OPCODE.compare, qpair, slba, expected, {}, FUSED_FIRST),
      this.#move(NVM_OPCODE.write, qpair, slba, data, {}, FUSED_SECOND),
    ]);
    return { compare, write };
  }

  async verifyLbas(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags: { protection?: ProtectionOptions } = {},
  ): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    const o = object<typeof flags>("flags", flags, ["protection"]);
    const command = addressed(NVM_OPCODE.verify, this.nsid, slba, lbaCount);
    protect(command, this.identity, slba, o.protection);
    return this.#send(qpair, command, null, "none", lbaCount);
  }

  async copy(
    qpair: Qpair,
    sources: CopySource[],
    destination: bigint,
    flags: { fua?: boolean } = {},
  ): Promise<Completion> {
    const data = copySources(sources);
    const o = object<typeof flags>("flags", flags, ["fua"]);
    const command = addressed(NVM_OPCODE.copy, this.nsid, destination, sources.length, o);
    protect(command, this.identity, destination, undefined);
    return this.#send(qpair, command, data, "to-device", 0);
  }

  async writeUncorrectable(qpair: Qpair, slba: bigint, lbaCount: number): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    return this.#send(
      qpair,
      addressed(NVM_OPCODE.writeUncorrectable, this.nsid, slba, lbaCount),
      null,
      "none",
      lbaCount,
    );
  }

  async flush(qpair: Qpair): Promise<Completion> {
    return this.#send(qpair, nativeCommand({ opcode: NVM_OPCODE.flush, nsid: this.nsid }), null, "none", 0);
  }

  async writeZeroes(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags: { fua?: boolean; deallocate?: boolean } = {},
  ): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    const command = writeZeroesCommand(this.nsid, slba, lbaCount, flags);
    protect(command, this.identity, slba, undefined);
    return this.#send(qpair, command, null, "none", lbaCount);
  }

  async deallocate(qpair: Qpair, ranges: { slba: bigint; lbaCount: number }[]): Promise<Completion> {
    const { command, data } = deallocateCommand(this.nsid, ranges);
    return this.#send(qpair, command, data, "to-device", 0);
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
    return this.#send(qpair, checked, carries, data === undefined ? "none" : direction!, 0);
  }

  /** Workers and sweeps move data alone. */
  #dataAlone(what: string): void {
    if (transferLayout(this.identity, true).stride === this.identity.lbaBytes) return;
    throw new NvmeError(
      "ERR_UNSUPPORTED",
      `${what}: namespace ${this.nsid} has ${this.identity.metadataBytes} bytes of metadata between its sectors`,
    );
  }

  async openVerifyTable(path: string | null, seed: bigint, options: { lbas?: bigint } = {}): Promise<void> {
    this.#use();
    this.#dataAlone("openVerifyTable");
    return this.verification.open(path, seed, options);
  }

  verifyReads(on: boolean): void {
    this.verification.checkReads(on);
  }

  takeMiscompares(): NativeMiscompare[] {
    return this.verification.takeMiscompares();
  }

  startIoWorker(options: IoWorkerOptions): IoWorker {
    this.#use();
    this.#dataAlone("startIoWorker");
    const { hasTable } = this.verification;
    return new NvmeIoWorker(
      this.native,
      checkWorkerOptions(options, this.identity, this.controller.identity, hasTable),
    );
  }

  async verify(options: VerifyOptions): Promise<VerifyResult> {
    this.#use();
    return this.verification.sweep(options);
  }
}
