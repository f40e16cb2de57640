/** Zoned namespaces (ZNS Command Set 1.1): facts, reports, zone actions and append. Reads and writes are the namespace's. */
import { type CommandData, viewOf } from "../buffer/buffer";
import { big, flag, having, integer, object, oneOf, refuse, U32, U64 } from "../check";
import type { Completion } from "../command/completion";
import { statusText, succeeded } from "../command/status";
import type { Controller } from "../contract/controller";
import type { Namespace } from "../contract/namespace";
import type { Qpair } from "../contract/qpair";
import { NvmeError } from "../nvme-error";
import type { AppendFlags } from "./io-options";
import { ZoneHandle } from "./zone-handle";
import { ACTIONS, FILTERS, type Zone, type ZoneFacts, type ZoneState, zoneAt } from "./zone-report";

const ZONED_COMMAND_SET = 2;
const OPCODE = { send: 0x79, receive: 0x7a } as const;
const REPORT_HEADER_BYTES = 64;
const DESCRIPTOR_BYTES = 64;
const FIRST_FORMAT_EXTENSION = 2816;
/** ZDES counts these. */
const EXTENSION_UNIT_BYTES = 64;
const EXTENDED_REPORT = 1;
const SET_EXTENSION = 0x10;
const MAX_REPORTED = 4096;
const SELECT_ALL = 0x100;
const PARTIAL = 0x1_0000;
const NO_LIMIT = 0xffff_ffff;
/** A namespace of the zoned command set. */
export class ZonedNamespace {
  private constructor(
    readonly namespace: Namespace,
    readonly facts: ZoneFacts,
    private readonly maxTransferBytes: number,
  ) {}

  /** @throws ERR_UNSUPPORTED when the namespace is not zoned. */
  static async of(controller: Controller, namespace: Namespace): Promise<ZonedNamespace> {
    having("controller", controller, ["admin", "identity"]);
    having("namespace", namespace, ["nsid", "identity"]);
    const page = new Uint8Array(4096);
    const command = { opcode: 0x06, nsid: namespace.nsid, cdw10: 0x05, cdw11: (ZONED_COMMAND_SET << 24) >>> 0 };
    const completion = await controller.admin(command, page, "from-device");
    const view = new DataView(page.buffer);
    const format = (namespace.identity.raw[26]! & 0x0f) | ((namespace.identity.raw[26]! & 0x60) >> 1);
    const zoneLbas = view.getBigUint64(FIRST_FORMAT_EXTENSION + 16 * format, true);
    if (!succeeded(completion) || zoneLbas === 0n) {
      const why = succeeded(completion) ? "its zones have no size" : statusText(completion);
      throw new NvmeError("ERR_UNSUPPORTED", `namespace ${namespace.nsid} is not zoned: ${why}`);
    }
    const limit = (offset: number) => {
      const last = view.getUint32(offset, true);
      return last === NO_LIMIT ? null : last + 1;
    };
    const facts = {
      extensionBytes: page[FIRST_FORMAT_EXTENSION + 16 * format + 8]! * EXTENSION_UNIT_BYTES,
      zoneLbas,
      zoneCount: Number(namespace.identity.lbaCount / zoneLbas),
      maxActive: limit(4),
      maxOpen: limit(8),
    };
    return new ZonedNamespace(namespace, facts, controller.identity.mdtsBytes);
  }

  /**
   * Zones from the one that holds `fromLba` on; `matching` counts all of them up to the end, `zones` has at most `limit`.
   * `extended`: with their descriptor extensions, which a drive without any (`facts.extensionBytes` 0) refuses.
   */
  async reportZones(
    qpair: Qpair,
    options: {
      fromLba?: bigint;
      state?: ZoneState | "all";
      limit?: number;
      partial?: boolean;
      extended?: boolean;
    } = {},
  ): Promise<{ completion: Completion; matching: bigint; zones: Zone[] }> {
    const o = object<typeof options>("options", options, ["fromLba", "state", "limit", "partial", "extended"]);
    const extended = flag("extended", o.extended ?? false);
    const extensionBytes = extended ? this.facts.extensionBytes : 0;
    const each = DESCRIPTOR_BYTES + extensionBytes;
    const fits = Math.floor((this.maxTransferBytes - REPORT_HEADER_BYTES) / each);
    const most = Math.min(fits, MAX_REPORTED);
    const limit = integer("limit", o.limit ?? Math.min(most, this.facts.zoneCount), 1, most);
    const filter = FILTERS[oneOf("state", o.state ?? "all", Object.keys(FILTERS) as (keyof typeof FILTERS)[])];
    const data = new Uint8Array(REPORT_HEADER_BYTES + limit * each);
    const command = {
      ...addressed(OPCODE.receive, this.namespace.nsid, "fromLba", o.fromLba ?? 0n),
      cdw12: data.byteLength / 4 - 1,
      cdw13: (extended ? EXTENDED_REPORT : 0) | (filter << 8) | (flag("partial", o.partial ?? false) ? PARTIAL : 0),
    };
    const completion = await this.namespace.io(qpair, command, data, "from-device");
    const view = new DataView(data.buffer);
    const matching = view.getBigUint64(0, true);
    const told = Math.min(limit, Number(matching));
    const zones = Array.from({ length: told }, (_, i) => zoneAt(view, REPORT_HEADER_BYTES + i * each, extensionBytes));
    return { completion, matching, zones };
  }

  /** The zone that holds an LBA, to act on by `qpair`. Nothing is sent. */
  at(qpair: Qpair, lba: bigint): ZoneHandle {
    big("lba", lba, 0n, this.namespace.identity.lbaCount - 1n);
    return new ZoneHandle(this, qpair, lba - (lba % this.facts.zoneLbas));
  }

  /** The zone that holds an LBA; `extended` as in `reportZones`. @throws ERR_ARGUMENT when the drive refuses to tell. */
  async zone(qpair: Qpair, lba: bigint, options: { extended?: boolean } = {}): Promise<Zone> {
    const { extended } = object<typeof options>("options", options, ["extended"]);
    const { completion, zones } = await this.reportZones(qpair, {
      fromLba: lba,
      limit: 1,
      extended: extended ?? false,
    });
    if (zones[0] === undefined) refuse(`the report of the zone of LBA ${lba} ended with ${statusText(completion)}`);
    return zones[0];
  }

  /** `zslba`: first LBA of the zone, or `all` zones in a state that the action is meant for. */
  async act(qpair: Qpair, action: keyof typeof ACTIONS, zslba: bigint | "all"): Promise<Completion> {
    oneOf("action", action, Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]);
    const all = zslba === "all";
    const command = addressed(OPCODE.send, this.namespace.nsid, "zslba", all ? 0n : zslba);
    return this.namespace.io(qpair, { ...command, cdw13: ACTIONS[action] | (all ? SELECT_ALL : 0) });
  }

  /** `act` by name. */
  open(qpair: Qpair, zslba: bigint | "all"): Promise<Completion> {
    return this.act(qpair, "open", zslba);
  }
  close(qpair: Qpair, zslba: bigint | "all"): Promise<Completion> {
    return this.act(qpair, "close", zslba);
  }
  finish(qpair: Qpair, zslba: bigint | "all"): Promise<Completion> {
    return this.act(qpair, "finish", zslba);
  }
  reset(qpair: Qpair, zslba: bigint | "all"): Promise<Completion> {
    return this.act(qpair, "reset", zslba);
  }
  offline(qpair: Qpair, zslba: bigint | "all"): Promise<Completion> {
    return this.act(qpair, "offline", zslba);
  }

  /**
   * Gives an empty zone its descriptor extension (Zone Send Action 10h); it becomes closed, any other zone is refused (01/bf),
   * and a reset takes it away. `data`: `facts.extensionBytes`.
   */
  async setExtension(qpair: Qpair, zslba: bigint, data: CommandData): Promise<Completion> {
    viewOf("data", data, Math.max(4, this.facts.extensionBytes), Math.max(4, this.facts.extensionBytes));
    const command = addressed(OPCODE.send, this.namespace.nsid, "zslba", zslba);
    return this.namespace.io(qpair, { ...command, cdw13: SET_EXTENSION }, data, "to-device");
  }

  /** Writes where the drive's write pointer is; `lba` is where that was, null when it refused. */
  async append(
    qpair: Qpair,
    zslba: bigint,
    data: CommandData,
    flags: AppendFlags = {},
  ): Promise<{ completion: Completion; lba: bigint | null }> {
    const completion = await this.namespace.zoneAppend(qpair, zslba, data, flags);
    if (!succeeded(completion)) return { completion, lba: null };
    return { completion, lba: (BigInt(completion.cdw1 ?? 0) << 32n) | BigInt(completion.cdw0) };
  }
}

function addressed(opcode: number, nsid: number, name: string, lba: bigint) {
  big(name, lba, 0n, U64);
  return { opcode, nsid, cdw10: Number(lba & BigInt(U32)), cdw11: Number(lba >> 32n) };
}
