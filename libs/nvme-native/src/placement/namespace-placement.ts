/** Flexible Data Placement of one namespace: its directive, its reclaim unit handles, the events that are kept of them. */
import { bytes as checkBytes, flag, having, integer, object, oneOf, refuse, U32 } from "../check";
import type { Completion } from "../command/completion";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";
import type { Namespace } from "../contract/namespace";
import type { Qpair } from "../contract/qpair";
import { FDP_EVENTS, type FdpEventType } from "./fdp-logs";

/** NVMe Base 2.1, 7.3 and 7.4. */
const OPCODE = { receive: 0x12, send: 0x1d } as const;
const HANDLE_STATUS = 1;
const HANDLE_UPDATE = 1;
const STATUS_HEAD_BYTES = 16;
const STATUS_BYTES = 32;
const MAX_STATUSES = 2047;
/** What a page takes. */
const DEFAULT_STATUSES = 127;
const MAX_IDENTIFIERS = 65_536;
const EVENTS_FEATURE = 0x1e;
/** One byte of NOET. */
const MAX_EVENT_TYPES = 255;
const IDENTIFY_DIRECTIVE = 0;
const PLACEMENT_DIRECTIVE = 2;
const ENABLE = 1;
const RETURN_PARAMETERS = 1;
const DIRECTIVES_BYTES = 4096;
const ENABLED_AT = 32;
const MAX_HANDLE = 0xffff;

/** Reclaim Unit Handle Status Descriptor (NVM Command Set 1.1, 3.2.1.1). */
export interface ReclaimUnitHandleStatus {
  placementIdentifier: number;
  reclaimUnitHandle: number;
  /** EARUTR; 0: no time is reported. */
  secondsRemaining: number;
  /** RUAMW, LBAs that still go into its reclaim unit. */
  availableLbas: bigint;
}

/** The drive's count is believed as far as the page goes. */
export function decodeReclaimUnitHandles(page: Uint8Array): ReclaimUnitHandleStatus[] {
  checkBytes("page", page, STATUS_HEAD_BYTES, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const told = Math.min(view.getUint16(14, true), Math.floor((page.length - STATUS_HEAD_BYTES) / STATUS_BYTES));
  return Array.from({ length: told }, (_, i) => {
    const at = STATUS_HEAD_BYTES + i * STATUS_BYTES;
    return {
      placementIdentifier: view.getUint16(at, true),
      reclaimUnitHandle: view.getUint16(at + 2, true),
      secondsRemaining: view.getUint32(at + 4, true),
      availableLbas: view.getBigUint64(at + 8, true),
    };
  });
}

export class Placement {
  constructor(
    private readonly controller: Pick<Controller, "commands" | "getFeature" | "setFeature">,
    private readonly namespace: Pick<Namespace, "io" | "nsid">,
  ) {
    having("controller", controller, ["commands", "getFeature", "setFeature"]);
    having("namespace", namespace, ["io", "nsid"]);
  }

  /** The data placement directive: without it what writes name as their `placement` means nothing. It outlives resets. */
  async enable(enabled = true): Promise<Completion> {
    const cdw12 = (PLACEMENT_DIRECTIVE << 8) | (flag("enabled", enabled) ? 1 : 0);
    const { nsid } = this.namespace;
    return this.controller.commands.directiveSend({ nsid, type: IDENTIFY_DIRECTIVE, operation: ENABLE, cdw12 });
  }

  /** @throws StatusExpectationError */
  async directives(): Promise<{ supported: boolean; enabled: boolean }> {
    const data = new Uint8Array(DIRECTIVES_BYTES);
    const { nsid } = this.namespace;
    const what = { nsid, type: IDENTIFY_DIRECTIVE, operation: RETURN_PARAMETERS, data };
    expectStatus(await this.controller.commands.directiveReceive(what));
    const has = (at: number) => (data[at]! & (1 << PLACEMENT_DIRECTIVE)) !== 0;
    return { supported: has(0), enabled: has(ENABLED_AT) };
  }

  /** I/O Management Receive, of each placement handle in each reclaim group. @throws StatusExpectationError */
  async reclaimUnitHandles(qpair: Qpair, options: { limit?: number } = {}): Promise<ReclaimUnitHandleStatus[]> {
    const o = object<typeof options>("options", options, ["limit"]);
    const limit = integer("limit", o.limit ?? DEFAULT_STATUSES, 0, MAX_STATUSES);
    const data = new Uint8Array(STATUS_HEAD_BYTES + limit * STATUS_BYTES);
    const command = { opcode: OPCODE.receive, cdw10: HANDLE_STATUS, cdw11: data.length / 4 - 1 };
    expectStatus(await this.namespace.io(qpair, command, data, "from-device"));
    return decodeReclaimUnitHandles(data);
  }

  /** I/O Management Send: what is written with these placement identifiers next goes into empty reclaim units. */
  async updateReclaimUnitHandles(qpair: Qpair, identifiers: number[]): Promise<Completion> {
    if (!Array.isArray(identifiers) || identifiers.length === 0 || identifiers.length > MAX_IDENTIFIERS)
      refuse(`identifiers must be an array of 1 to ${MAX_IDENTIFIERS} placement identifiers`);
    const data = new Uint8Array(Math.ceil(identifiers.length / 2) * 4);
    const view = new DataView(data.buffer);
    identifiers.forEach((id, i) => {
      view.setUint16(2 * i, integer(`identifiers[${i}]`, id, 0, 0xffff), true);
    });
    const cdw10 = (((identifiers.length - 1) << 16) | HANDLE_UPDATE) >>> 0;
    return this.namespace.io(qpair, { opcode: OPCODE.send, cdw10 }, data, "to-device");
  }

  /** Feature 1Eh: which events the drive can tell of a placement handle, and whether it does. @throws StatusExpectationError */
  async events(placementHandle: number): Promise<{ type: FdpEventType | "unknown"; code: number; enabled: boolean }[]> {
    const cdw11 = integer("placementHandle", placementHandle, 0, MAX_HANDLE);
    const data = new Uint8Array(2 * (MAX_EVENT_TYPES + 1));
    const options = { nsid: this.namespace.nsid, cdw11, data };
    const { cdw0 } = expectStatus(await this.controller.getFeature(EVENTS_FEATURE, options));
    const names = Object.keys(FDP_EVENTS) as FdpEventType[];
    return Array.from({ length: cdw0 & MAX_EVENT_TYPES }, (_, i) => {
      const code = data[2 * i]!;
      const type = names.find((name) => FDP_EVENTS[name] === code) ?? "unknown";
      return { type, code, enabled: (data[2 * i + 1]! & 1) === 1 };
    });
  }

  /** Feature 1Eh: from now on these are kept, or not; namespaces that share a reclaim unit handle share that. */
  async setEvents(
    placementHandle: number,
    types: (FdpEventType | number)[],
    options: { enabled?: boolean; save?: boolean } = {},
  ): Promise<Completion> {
    const o = object<typeof options>("options", options, ["enabled", "save"]);
    const handle = integer("placementHandle", placementHandle, 0, MAX_HANDLE);
    if (!Array.isArray(types) || types.length === 0 || types.length > MAX_EVENT_TYPES)
      refuse(`types must be an array of 1 to ${MAX_EVENT_TYPES} types of events`);
    const data = new Uint8Array(Math.ceil(types.length / 4) * 4);
    types.forEach((type, i) => {
      data[i] = codeOf(`types[${i}]`, type);
    });
    return this.controller.setFeature(EVENTS_FEATURE, handle | (types.length << 16), {
      nsid: this.namespace.nsid,
      cdw12: flag("enabled", o.enabled ?? true) ? 1 : 0,
      save: flag("save", o.save ?? false),
      data,
    });
  }
}

function codeOf(name: string, type: FdpEventType | number): number {
  if (typeof type === "number") return integer(name, type, 0, 255);
  return FDP_EVENTS[oneOf(name, type, Object.keys(FDP_EVENTS) as FdpEventType[])];
}
