import type { ControllerAccess } from "./access";
import { bytes, flag, integer, object, oneOf, refuse, U32 } from "./check";
import { checkCommand, nativeCommand } from "./command";
import type { Controller, FormatOptions, Namespace, Qpair, QpairOptions } from "./driver";
import {
  type HostFacts,
  IDENTIFY_BYTES,
  parseActiveList,
  parseController,
  parseNamespace,
  powerCyclesOf,
} from "./identify";
import { NvmeNamespace } from "./namespace";
import {
  addon,
  type NativeCommand,
  type NativeDirection,
  type NativeHandle,
  type NativeLimits,
  type NativePhases,
  type NativeRenewal,
  settle,
} from "./native";
import { transferLayout } from "./protection";
import { NvmeQpair } from "./qpair";
import { readRegister, writeRegister } from "./register-access";
import { statusText, succeeded } from "./status";
import type {
  BringUpReport,
  Completion,
  ControllerIdentity,
  ProtocolViolations,
  RawCommand,
  ResetReport,
  TransportAddress,
} from "./types";
import { NvmeError } from "./types";

const MAX_LOG_BYTES = 16 * 1024 * 1024;
const MAX_FORMAT_TIMEOUT_MS = 24 * 3600 * 1000;
const DEFAULT_FORMAT_TIMEOUT_MS = 600_000;
const SMART_BYTES = 512;
/** MSI-X has 2048 vectors; the addon's word for "the one with the queue's number". */
const MAX_VECTOR = 2047;
const OWN_VECTOR = 0xffff;
const OPCODE = { getLogPage: 0x02, identify: 0x06, setFeatures: 0x09, getFeatures: 0x0a, format: 0x80 } as const;
/** Admin commands after which nothing is known about what a namespace holds: namespace management, format, sanitize. */
const ERASING_OPCODES = new Set([0x0d, 0x80, 0x84]);

const FORMAT_KEYS = ["lbaFormat", "secureErase", "extendedLba", "protection", "protectionFirst", "timeoutMs"];

const REGISTERS: { name: string; offset: number; bytes: 4 | 8 }[] = [
  { name: "cap", offset: 0x00, bytes: 8 },
  { name: "vs", offset: 0x08, bytes: 4 },
  { name: "intms", offset: 0x0c, bytes: 4 },
  { name: "cc", offset: 0x14, bytes: 4 },
  { name: "csts", offset: 0x1c, bytes: 4 },
  { name: "nssr", offset: 0x20, bytes: 4 },
  { name: "aqa", offset: 0x24, bytes: 4 },
  { name: "asq", offset: 0x28, bytes: 8 },
  { name: "acq", offset: 0x30, bytes: 8 },
];

export class NvmeController implements Controller, ControllerAccess {
  #identity: ControllerIdentity | null = null;
  #closed = false;
  readonly #namespaces = new Set<WeakRef<NvmeNamespace>>();

  constructor(
    readonly address: TransportAddress,
    private readonly native: NativeHandle,
    private readonly limits: NativeLimits,
    readonly bringUp: BringUpReport,
  ) {}

  get identity(): ControllerIdentity {
    if (this.#identity === null) throw new NvmeError("ERR_OPEN", "the controller was not identified yet");
    return this.#identity;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws ERR_CLOSED */
  use(): NativeHandle {
    if (this.#closed) throw new NvmeError("ERR_CLOSED", "the controller is closed");
    return this.native;
  }

  async identify(): Promise<ControllerIdentity> {
    const { completion, data } = await this.identifyRaw(1);
    if (!succeeded(completion))
      throw new NvmeError("ERR_OPEN", `Identify Controller ended with ${statusText(completion)}`);
    this.#identity = parseController(data, await this.#hostFacts());
    return this.#identity;
  }

  async #hostFacts(): Promise<HostFacts> {
    const quietly = (offset: number, size: 4 | 8) =>
      this.readRegister(offset, size).catch((reason: unknown) => {
        if (reason instanceof NvmeError && reason.code === "ERR_UNSUPPORTED") return 0n;
        throw reason;
      });
    const cap = await quietly(0x00, 8);
    return {
      version: Number(await quietly(0x08, 4)),
      pageBytes: 4096 * 2 ** Number((cap >> 48n) & 15n),
      readyTimeoutMs: this.limits.readyTimeoutMs,
      maxQpairs: this.limits.maxQpairs,
      maxQueueEntries: this.limits.maxQueueEntries,
      maxTransferBytes: this.limits.maxTransferBytes,
    };
  }

  async activeNamespaces(): Promise<number[]> {
    const { completion, data } = await this.identifyRaw(2, 0);
    if (!succeeded(completion))
      throw new NvmeError("ERR_OPEN", `the namespace list ended with ${statusText(completion)}`);
    return parseActiveList(data);
  }

  async namespace(nsid: number): Promise<Namespace> {
    integer("nsid", nsid, 1, 0xffff_fffe);
    const { completion, data } = await this.identifyRaw(0, nsid);
    if (!succeeded(completion))
      throw new NvmeError("ERR_OPEN", `Identify Namespace ${nsid} ended with ${statusText(completion)}`);
    const identity = parseNamespace(nsid, data, this.identity.raw);
    if (identity.lbaCount === 0n) throw new NvmeError("ERR_OPEN", `namespace ${nsid} is not active`);
    const handle = addon().createNamespace(this.use(), {
      nsid,
      lbaBytes: identity.lbaBytes,
      lbaCount: identity.lbaCount,
      maxTransferBytes: this.identity.mdtsBytes,
      metadataBytes: transferLayout(identity, true).apart,
      protect: identity.protection?.type !== undefined && identity.protection.type !== 0,
    });
    const namespace = new NvmeNamespace(this, handle, identity);
    this.#namespaces.add(new WeakRef(namespace));
    return namespace;
  }

  *#living(): Iterable<NvmeNamespace> {
    for (const reference of this.#namespaces) {
      const namespace = reference.deref();
      if (namespace === undefined) this.#namespaces.delete(reference);
      else yield namespace;
    }
  }

  async readRegister(offset: number, size: 4 | 8): Promise<bigint> {
    return readRegister(this.use(), this.limits, offset, size);
  }

  async writeRegister(offset: number, value: bigint, size: 4 | 8): Promise<void> {
    return writeRegister(this.use(), this.limits, offset, value, size);
  }

  async registers(): Promise<Record<string, bigint | null>> {
    const values: Record<string, bigint | null> = {};
    for (const { name, offset, bytes: size } of REGISTERS) {
      try {
        values[name] = await this.readRegister(offset, size);
      } catch (reason) {
        if (!(reason instanceof NvmeError) || reason.code !== "ERR_UNSUPPORTED") throw reason;
        values[name] = null;
      }
    }
    return values;
  }

  async admin(command: RawCommand, data?: Uint8Array, direction?: "from-device" | "to-device"): Promise<Completion> {
    const checked = checkCommand("command", command, 0);
    if (data !== undefined) bytes("data", data, 4, this.limits.maxTransferBytes);
    if (data !== undefined && direction === undefined)
      refuse("direction is undefined, data needs from-device or to-device");
    if (direction !== undefined) oneOf("direction", direction, ["from-device", "to-device"]);
    return this.#send(checked, data ?? null, data === undefined ? "none" : direction!);
  }

  async #send(
    command: NativeCommand,
    data: Uint8Array | null,
    direction: NativeDirection,
    timeoutMs = 0,
  ): Promise<Completion> {
    const completion = await settle(addon().admin(this.use(), command, data, direction, timeoutMs));
    if (ERASING_OPCODES.has(command.opcode)) {
      for (const namespace of this.#living()) namespace.contentsUnknown();
    }
    return completion;
  }

  async identifyRaw(cns: number, nsid = 0, cntid = 0): Promise<{ completion: Completion; data: Uint8Array }> {
    integer("cns", cns, 0, 255);
    integer("nsid", nsid, 0, U32);
    integer("cntid", cntid, 0, 0xffff);
    const data = new Uint8Array(IDENTIFY_BYTES);
    const command = nativeCommand({ opcode: OPCODE.identify, nsid, cdw10: (cntid * 0x10000 + cns) >>> 0 });
    return { completion: await this.#send(command, data, "from-device"), data };
  }

  async getFeature(
    fid: number,
    options: { nsid?: number; select?: number; cdw11?: number; data?: Uint8Array } = {},
  ): Promise<Completion> {
    integer("fid", fid, 0, 255);
    const o = object<typeof options>("options", options, ["nsid", "select", "cdw11", "data"]);
    const select = integer("select", o.select ?? 0, 0, 7);
    const command = nativeCommand({
      opcode: OPCODE.getFeatures,
      nsid: integer("nsid", o.nsid ?? 0, 0, U32),
      cdw10: (select << 8) | fid,
      cdw11: integer("cdw11", o.cdw11 ?? 0, 0, U32),
    });
    if (o.data === undefined) return this.#send(command, null, "none");
    return this.#send(command, bytes("data", o.data, 4, IDENTIFY_BYTES), "from-device");
  }

  async setFeature(
    fid: number,
    cdw11: number,
    options: { nsid?: number; save?: boolean; data?: Uint8Array } = {},
  ): Promise<Completion> {
    integer("fid", fid, 0, 255);
    integer("cdw11", cdw11, 0, U32);
    const o = object<typeof options>("options", options, ["nsid", "save", "data"]);
    const command = nativeCommand({
      opcode: OPCODE.setFeatures,
      nsid: integer("nsid", o.nsid ?? 0, 0, U32),
      cdw10: ((o.save === true ? 0x8000_0000 : 0) | fid) >>> 0,
      cdw11,
    });
    if (o.data === undefined) return this.#send(command, null, "none");
    return this.#send(command, bytes("data", o.data, 4, IDENTIFY_BYTES), "to-device");
  }

  async getLogPage(
    lid: number,
    size: number,
    options: { nsid?: number; offset?: number } = {},
  ): Promise<{ completion: Completion; data: Uint8Array }> {
    integer("lid", lid, 0, 255);
    const limit = Math.min(MAX_LOG_BYTES, this.limits.maxTransferBytes);
    integer("bytes", size, 4, limit);
    if (size % 4 !== 0) refuse(`bytes is ${size}, it must be a multiple of 4`);
    const o = object<typeof options>("options", options, ["nsid", "offset"]);
    const offset = integer("offset", o.offset ?? 0, 0, Number.MAX_SAFE_INTEGER);
    if (offset % 4 !== 0) refuse(`offset is ${offset}, it must be a multiple of 4`);
    const dwords = size / 4 - 1;
    const data = new Uint8Array(size);
    const command = nativeCommand({
      opcode: OPCODE.getLogPage,
      nsid: integer("nsid", o.nsid ?? U32, 0, U32),
      cdw10: (((dwords & 0xffff) << 16) | lid) >>> 0,
      cdw11: dwords >>> 16,
      cdw12: offset % 2 ** 32,
      cdw13: Math.floor(offset / 2 ** 32),
    });
    return { completion: await this.#send(command, data, "from-device"), data };
  }

  async format(nsid: number, options: FormatOptions): Promise<Completion> {
    integer("nsid", nsid, 0, U32);
    const o = object<FormatOptions>("options", options, FORMAT_KEYS);
    const lbaFormat = integer("lbaFormat", o.lbaFormat, 0, 63);
    const secureErase = integer("secureErase", o.secureErase ?? 0, 0, 7);
    const timeoutMs = integer("timeoutMs", o.timeoutMs ?? DEFAULT_FORMAT_TIMEOUT_MS, 1, MAX_FORMAT_TIMEOUT_MS);
    const protection = integer("protection", o.protection ?? 0, 0, 7);
    const cdw10 =
      (lbaFormat & 15) |
      (flag("extendedLba", o.extendedLba ?? false) ? 0x10 : 0) |
      (protection << 5) |
      (flag("protectionFirst", o.protectionFirst ?? false) ? 0x100 : 0) |
      (secureErase << 9) |
      ((lbaFormat >> 4) << 12);
    return this.#send(nativeCommand({ opcode: OPCODE.format, nsid, cdw10 }), null, "none", timeoutMs);
  }

  async reset(): Promise<ResetReport> {
    return report(await settle(addon().renew(this.use(), false)));
  }

  async reopen(options: { admit?: () => Promise<void> } = {}): Promise<ResetReport> {
    const { admit } = object<typeof options>("options", options, ["admit"]);
    if (admit !== undefined && typeof admit !== "function") refuse("options.admit must be a function");
    const renewal = await settle(addon().renew(this.use(), true));
    if (!renewal.ok)
      throw new NvmeError(
        renewal.code === "OK" ? "ERR_OPEN" : renewal.code,
        renewal.reason ?? "the drive did not come up",
      );
    await admit?.();
    const cycles = await this.powerCycles();
    for (const namespace of this.#living()) namespace.powerCameBack(cycles);
    return report(renewal);
  }

  /** SMART power cycles, or 0 where the drive has no such log. */
  async powerCycles(): Promise<bigint> {
    const { completion, data } = await this.getLogPage(2, SMART_BYTES);
    return succeeded(completion) ? powerCyclesOf(data) : 0n;
  }

  async createQpair(options: QpairOptions): Promise<Qpair> {
    const o = object<typeof options>("options", options, ["depth", "priority", "interrupts", "vector"]);
    const depth = integer("depth", o.depth, 2, this.limits.maxQueueEntries);
    const priority = integer("priority", o.priority ?? 0, 0, 3);
    const made = await settle(addon().createQpair(this.use(), depth, priority, ...checkInterrupts(o)));
    return new NvmeQpair(this, made.handle, made.qid, depth, made.cmdlogPath);
  }

  violations(): ProtocolViolations | null {
    return addon().violations(this.use());
  }

  async close(): Promise<void> {
    const handle = this.use();
    this.#closed = true;
    try {
      await settle(addon().close(handle));
    } catch (reason) {
      // Frozen: it is still open.
      this.#closed = false;
      throw reason;
    }
  }
}

/** What `createQpair` says of interrupts: IEN and vector; without a vector it is the one with the queue's number. */
function checkInterrupts(options: QpairOptions): [boolean, number] {
  const interrupts = flag("interrupts", options.interrupts ?? true);
  const vector = options.vector === undefined ? OWN_VECTOR : integer("vector", options.vector, 0, MAX_VECTOR);
  return [interrupts, vector];
}

export function bringUpReport({ readyMs, disableMs, enableMs }: NativePhases): BringUpReport {
  return { readyMs, disableMs: enableMs === 0 ? null : disableMs, enableMs: enableMs === 0 ? null : enableMs };
}

function report(renewal: NativeRenewal): ResetReport {
  const { ok, reason, settled } = renewal;
  return { ok, reason, settled, ...bringUpReport(renewal) };
}
