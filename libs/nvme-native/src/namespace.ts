import type { ControllerAccess } from "./access";
import { type CommandData, carried, viewOf } from "./buffer";
import { big, flag, integer, object, oneOf, refuse, text, U32, U64 } from "./check";
import { checkCommand, nativeCommand } from "./command";
import type { CopySource, IoFlags, IoWorker, Namespace, ProtectionOptions, Qpair, TransferFlags } from "./driver";
import { NvmeIoWorker } from "./ioworker";
import { addon, type NativeCommand, type NativeData, type NativeDirection, type NativeHandle, settle } from "./native";
import { joined, protectionDwords, transferLayout } from "./protection";
import { NvmeQpair } from "./qpair";
import type {
  Completion,
  IoWorkerOptions,
  NamespaceIdentity,
  NativeMiscompare,
  RawCommand,
  VerifyResult,
} from "./types";
import { NvmeError } from "./types";
import { checkWorkerOptions } from "./worker-options";

const MAX_LBAS = 65_536;
const MAX_RANGES = 256;
const FUA = 0x4000_0000;
const LIMITED_RETRY = 0x8000_0000;
const DEALLOCATE = 0x0200_0000;
const FUSED_FIRST = 1;
const FUSED_SECOND = 2;
const MAX_COPY_SOURCES = 256;
const COPY_SOURCE_BYTES = 32;
const OPCODE = {
  flush: 0x00,
  write: 0x01,
  read: 0x02,
  writeUncorrectable: 0x04,
  compare: 0x05,
  writeZeroes: 0x08,
  deallocate: 0x09,
  verify: 0x0c,
  copy: 0x19,
} as const;
const ATTRIBUTE_DEALLOCATE = 4;

export class NvmeNamespace implements Namespace {
  #hasTable = false;

  constructor(
    private readonly controller: ControllerAccess,
    private readonly native: NativeHandle,
    readonly identity: NamespaceIdentity,
  ) {}

  get nsid(): number {
    return this.identity.nsid;
  }

  /** Namespace content is anybody's guess now (format, sanitize). */
  contentsUnknown(): void {
    if (this.#hasTable) addon().clearVerifyTable(this.native);
  }

  powerCameBack(powerCycles: bigint): void {
    if (this.#hasTable) addon().notePowerLoss(this.native, powerCycles);
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
    const o = object<TransferFlags>("flags", flags, ["fua", "limitedRetry", "metadata", "protection"]);
    big("slba", slba, 0n, U64);
    const protection = protectionDwords(this.identity, slba, o.protection);
    const { stride, apart } = transferLayout(this.identity, protection.action);
    const { data: carries, view, lbas } = this.#sectors(data, stride);
    const { metadata, protection: _, ...plain } = o;
    const command = this.#addressed(opcode, slba, lbas, plain);
    command.cdw12 += protection.bits;
    command.cdw14 = protection.cdw14;
    command.cdw15 = protection.cdw15;
    if (fuse !== 0) command.fuse = fuse;
    const read = opcode === OPCODE.read;
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

  #addressed(opcode: number, slba: bigint, lbas: number, flags: IoFlags = {}): NativeCommand {
    // An LBA beyond the end is the drive's to refuse: that is what tests ask about.
    big("slba", slba, 0n, U64);
    const o = object<IoFlags>("flags", flags, ["fua", "limitedRetry"]);
    const bits = (o.fua === true ? FUA : 0) + (o.limitedRetry === true ? LIMITED_RETRY : 0);
    return nativeCommand({
      opcode,
      nsid: this.nsid,
      cdw10: Number(slba & 0xffff_ffffn),
      cdw11: Number(slba >> 32n),
      cdw12: bits + lbas - 1,
    });
  }

  async read(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#move(OPCODE.read, qpair, slba, data, flags);
  }

  async write(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#move(OPCODE.write, qpair, slba, data, flags);
  }

  async compare(qpair: Qpair, slba: bigint, data: CommandData, flags?: TransferFlags): Promise<Completion> {
    return this.#move(OPCODE.compare, qpair, slba, data, flags);
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
      this.#move(OPCODE.compare, qpair, slba, expected, {}, FUSED_FIRST),
      this.#move(OPCODE.write, qpair, slba, data, {}, FUSED_SECOND),
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
    const command = this.#addressed(OPCODE.verify, slba, lbaCount);
    const protection = protectionDwords(this.identity, slba, o.protection);
    command.cdw12 += protection.bits;
    command.cdw14 = protection.cdw14;
    command.cdw15 = protection.cdw15;
    return this.#send(qpair, command, null, "none", lbaCount);
  }

  async copy(
    qpair: Qpair,
    sources: CopySource[],
    destination: bigint,
    flags: { fua?: boolean } = {},
  ): Promise<Completion> {
    if (!Array.isArray(sources) || sources.length === 0 || sources.length > MAX_COPY_SOURCES) {
      refuse(`sources must be an array of 1 to ${MAX_COPY_SOURCES} ranges`);
    }
    const data = new Uint8Array(sources.length * COPY_SOURCE_BYTES);
    const view = new DataView(data.buffer);
    sources.forEach((source, i) => {
      const o = object<CopySource>(`sources[${i}]`, source, ["slba", "lbaCount"]);
      view.setBigUint64(i * COPY_SOURCE_BYTES + 8, big(`sources[${i}].slba`, o.slba, 0n, U64), true);
      view.setUint16(i * COPY_SOURCE_BYTES + 16, integer(`sources[${i}].lbaCount`, o.lbaCount, 1, MAX_LBAS) - 1, true);
    });
    const o = object<typeof flags>("flags", flags, ["fua"]);
    const command = this.#addressed(OPCODE.copy, destination, sources.length, o);
    const protection = protectionDwords(this.identity, destination, undefined);
    command.cdw12 += protection.bits;
    command.cdw14 = protection.cdw14;
    return this.#send(qpair, command, data, "to-device", 0);
  }

  async writeUncorrectable(qpair: Qpair, slba: bigint, lbaCount: number): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    return this.#send(qpair, this.#addressed(OPCODE.writeUncorrectable, slba, lbaCount), null, "none", lbaCount);
  }

  async flush(qpair: Qpair): Promise<Completion> {
    return this.#send(qpair, nativeCommand({ opcode: OPCODE.flush, nsid: this.nsid }), null, "none", 0);
  }

  async writeZeroes(
    qpair: Qpair,
    slba: bigint,
    lbaCount: number,
    flags: { fua?: boolean; deallocate?: boolean } = {},
  ): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    const { deallocate, ...plain } = object<typeof flags>("flags", flags, ["fua", "deallocate"]);
    const command = this.#addressed(OPCODE.writeZeroes, slba, lbaCount, plain);
    const protection = protectionDwords(this.identity, slba, undefined);
    command.cdw12 += protection.bits + (deallocate === true ? DEALLOCATE : 0);
    command.cdw14 = protection.cdw14;
    return this.#send(qpair, command, null, "none", lbaCount);
  }

  async deallocate(qpair: Qpair, ranges: { slba: bigint; lbaCount: number }[]): Promise<Completion> {
    if (!Array.isArray(ranges) || ranges.length === 0 || ranges.length > MAX_RANGES) {
      refuse(`ranges must be an array of 1 to ${MAX_RANGES} ranges`);
    }
    const data = new Uint8Array(ranges.length * 16);
    const view = new DataView(data.buffer);
    ranges.forEach((range, i) => {
      const o = object<(typeof ranges)[number]>(`ranges[${i}]`, range, ["slba", "lbaCount"]);
      view.setUint32(i * 16 + 4, integer(`ranges[${i}].lbaCount`, o.lbaCount, 0, U32), true);
      view.setBigUint64(i * 16 + 8, big(`ranges[${i}].slba`, o.slba, 0n, U64), true);
    });
    const command = nativeCommand({
      opcode: OPCODE.deallocate,
      nsid: this.nsid,
      cdw10: ranges.length - 1,
      cdw11: ATTRIBUTE_DEALLOCATE,
    });
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
    if (path !== null) text("path", path, 4096);
    const o = object<typeof options>("options", options, ["lbas"]);
    const all = this.identity.lbaCount;
    const wanted = big("lbas", o.lbas ?? all, 1n, U64);
    big("seed", seed, 0n, U64);
    this.controller.use();
    this.#dataAlone("openVerifyTable");
    const powerCycles = await this.controller.powerCycles();
    let lbas = wanted;
    if (lbas > all) lbas = all;
    const { vwc } = this.controller.identity;
    await settle(addon().openVerifyTable(this.native, path ?? "", seed, vwc, powerCycles, lbas));
    this.#hasTable = true;
  }

  /** The controller is closed: what the table says reaches the disk. */
  async controllerClosed(): Promise<void> {
    if (this.#hasTable) await settle(addon().syncVerifyTable(this.native));
  }

  verifyReads(on: boolean): void {
    if (!this.#hasTable) refuse("verifyReads needs a table, openVerifyTable must come first");
    addon().setVerifyReads(this.native, flag("on", on));
  }

  takeMiscompares(): NativeMiscompare[] {
    return addon().takeMiscompares(this.native);
  }

  startIoWorker(options: IoWorkerOptions): IoWorker {
    this.controller.use();
    this.#dataAlone("startIoWorker");
    const checked = checkWorkerOptions(options, this.identity, this.controller.identity, this.#hasTable);
    return new NvmeIoWorker(this.native, checked);
  }

  async verify(options: {
    rule: "exact" | "durable-or-newer";
    regionStartLba: bigint;
    regionLbas: bigint;
    written: boolean;
    depth?: number;
  }): Promise<VerifyResult> {
    this.controller.use();
    const o = object<typeof options>("options", options, ["rule", "regionStartLba", "regionLbas", "written", "depth"]);
    if (!this.#hasTable) refuse("verify needs a table, openVerifyTable must come first");
    const regionStartLba = big("regionStartLba", o.regionStartLba, 0n, this.identity.lbaCount - 1n);
    return settle(
      addon().verify(this.native, {
        rule: oneOf("rule", o.rule, ["exact", "durable-or-newer"]),
        regionStartLba,
        regionLbas: big("regionLbas", o.regionLbas, 1n, this.identity.lbaCount - regionStartLba),
        written: flag("written", o.written),
        depth: integer("depth", o.depth ?? 16, 1, this.controller.identity.maxQueueEntries - 1),
      }),
    );
  }
}
