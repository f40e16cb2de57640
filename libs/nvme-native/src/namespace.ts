import type { ControllerAccess } from "./access";
import { big, bytes, flag, integer, object, oneOf, refuse, text, U32, U64 } from "./check";
import { checkCommand, nativeCommand } from "./command";
import type { IoFlags, IoWorker, Namespace, Qpair } from "./driver";
import { NvmeIoWorker } from "./ioworker";
import { addon, type NativeCommand, type NativeDirection, type NativeHandle, settle } from "./native";
import { NvmeQpair } from "./qpair";
import type {
  Completion,
  IoWorkerOptions,
  NamespaceIdentity,
  NativeMiscompare,
  RawCommand,
  VerifyResult,
} from "./types";
import { checkWorkerOptions } from "./worker-options";

const MAX_LBAS = 65_536;
const MAX_RANGES = 256;
const FUA = 0x4000_0000;
const LIMITED_RETRY = 0x8000_0000;
const OPCODE = { flush: 0x00, write: 0x01, read: 0x02, compare: 0x05, writeZeroes: 0x08, deallocate: 0x09 } as const;
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

  #qpair(qpair: Qpair): NativeHandle {
    if (!(qpair instanceof NvmeQpair)) refuse("qpair is not a queue pair of this driver");
    if (qpair.controller !== this.controller) refuse(`qpair ${qpair.qid} belongs to another controller`);
    return qpair.use();
  }

  #send(qpair: Qpair, command: NativeCommand, data: Uint8Array | null, direction: NativeDirection, lbas: number) {
    const lane = this.#qpair(qpair);
    return settle(addon().io(this.native, command, data, direction, lane, lbas));
  }

  #lbasOf(data: Uint8Array): number {
    const size = this.identity.lbaBytes;
    bytes("data", data, size, Math.min(MAX_LBAS * size, this.controller.identity.mdtsBytes));
    if (data.byteLength % size !== 0)
      refuse(`data has ${data.byteLength} bytes, it must be a multiple of the LBA size, ${size}`);
    return data.byteLength / size;
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

  async read(qpair: Qpair, slba: bigint, data: Uint8Array, flags?: IoFlags): Promise<Completion> {
    const lbas = this.#lbasOf(data);
    return this.#send(qpair, this.#addressed(OPCODE.read, slba, lbas, flags), data, "from-device", lbas);
  }

  async write(qpair: Qpair, slba: bigint, data: Uint8Array, flags?: IoFlags): Promise<Completion> {
    const lbas = this.#lbasOf(data);
    return this.#send(qpair, this.#addressed(OPCODE.write, slba, lbas, flags), data, "to-device", lbas);
  }

  async compare(qpair: Qpair, slba: bigint, data: Uint8Array): Promise<Completion> {
    const lbas = this.#lbasOf(data);
    return this.#send(qpair, this.#addressed(OPCODE.compare, slba, lbas), data, "to-device", lbas);
  }

  async flush(qpair: Qpair): Promise<Completion> {
    return this.#send(qpair, nativeCommand({ opcode: OPCODE.flush, nsid: this.nsid }), null, "none", 0);
  }

  async writeZeroes(qpair: Qpair, slba: bigint, lbaCount: number): Promise<Completion> {
    integer("lbaCount", lbaCount, 1, MAX_LBAS);
    return this.#send(qpair, this.#addressed(OPCODE.writeZeroes, slba, lbaCount), null, "none", lbaCount);
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
    data?: Uint8Array,
    direction?: "from-device" | "to-device",
  ): Promise<Completion> {
    const checked = checkCommand("command", command, this.nsid);
    if (data !== undefined) bytes("data", data, 4, this.controller.identity.mdtsBytes * 2);
    if (data !== undefined && direction === undefined)
      refuse("direction is undefined, data needs from-device or to-device");
    if (direction !== undefined) oneOf("direction", direction, ["from-device", "to-device"]);
    return this.#send(qpair, checked, data ?? null, data === undefined ? "none" : direction!, 0);
  }

  async openVerifyTable(path: string | null, seed: bigint, options: { lbas?: bigint } = {}): Promise<void> {
    if (path !== null) text("path", path, 4096);
    const o = object<typeof options>("options", options, ["lbas"]);
    const all = this.identity.lbaCount;
    const wanted = o.lbas === undefined ? all : big("lbas", o.lbas, 1n, U64);
    big("seed", seed, 0n, U64);
    this.controller.use();
    const powerCycles = await this.controller.powerCycles();
    const lbas = wanted < all ? wanted : all;
    const { vwc } = this.controller.identity;
    await settle(addon().openVerifyTable(this.native, path ?? "", seed, vwc, powerCycles, lbas));
    this.#hasTable = true;
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
