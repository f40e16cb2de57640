/** Reservations of one namespace by name (NVMe Base 2.0, chapter 7 and 8.19): who may write or read what several hosts share. */
import { big, bytes as checkBytes, flag, having, integer, object, oneOf, refuse, U32, U64 } from "../check";
import type { Completion } from "../command/completion";
import { expectStatus } from "../command/expect-status";
import type { Controller } from "../contract/controller";
import type { Namespace } from "../contract/namespace";
import type { Qpair } from "../contract/qpair";

const OPCODE = { register: 0x0d, report: 0x0e, acquire: 0x11, release: 0x15 } as const;
const FEATURE = { hostIdentifier: 0x81, notificationMask: 0x82, persistence: 0x83 } as const;
const NOTIFICATION_LOG = 0x80;
const NOTIFICATION_BYTES = 64;
/** Dword 10: IEKEY. */
const IGNORE_KEY = 8;
const HOST_ID_BYTES = 8;
const EXTENDED_HOST_ID_BYTES = 16;
/** Of the report: its head, and one registrant behind it. */
const REPORT = { short: { head: 24, each: 24 }, extended: { head: 64, each: 64 } } as const;
const MAX_REGISTRANTS = 63;

const REGISTER = { register: 0, unregister: 1, replace: 2 } as const;
const ACQUIRE = { acquire: 0, preempt: 1, preemptAndAbort: 2 } as const;
const RELEASE = { release: 0, clear: 1 } as const;
/** CPTPL: whether registrations and reservation outlive a loss of power. */
const PERSIST = { unchanged: 0, lose: 2, keep: 3 } as const;
/** NVMe Base 2.0, figure 84. */
const TYPES = {
  writeExclusive: 1,
  exclusiveAccess: 2,
  writeExclusiveRegistrantsOnly: 3,
  exclusiveAccessRegistrantsOnly: 4,
  writeExclusiveAllRegistrants: 5,
  exclusiveAccessAllRegistrants: 6,
} as const;
const NOTIFICATIONS = ["none", "registrationPreempted", "reservationReleased", "reservationPreempted"] as const;

export type ReservationType = keyof typeof TYPES;

/** Keys are 64 bits; 0: none. `ignoreKey`: the current key is not looked at. */
export interface RegisterOptions {
  action: keyof typeof REGISTER;
  key?: bigint;
  newKey?: bigint;
  ignoreKey?: boolean;
  persist?: keyof typeof PERSIST;
}

/** `preemptKey`: whose registrations go. */
export interface AcquireOptions {
  action?: keyof typeof ACQUIRE;
  type: ReservationType;
  key: bigint;
  preemptKey?: bigint;
  ignoreKey?: boolean;
}

/** `type` as it was acquired; of no meaning for `clear`. */
export interface ReleaseOptions {
  action?: keyof typeof RELEASE;
  type?: ReservationType;
  key: bigint;
  ignoreKey?: boolean;
}

export interface Registrant {
  controllerId: number;
  holds: boolean;
  /** 8 bytes, or 16 of an extended report. */
  hostId: Uint8Array;
  key: bigint;
}

export interface ReservationReport {
  /** Counts what has changed registrations. */
  generation: number;
  /** null: nobody holds one. */
  type: ReservationType | null;
  persists: boolean;
  registrants: Registrant[];
}

/** Report of registrants (NVMe Base 2.0, figures 410 to 413). The drive's count is believed as far as the page goes. */
export function decodeReservations(page: Uint8Array, extended: boolean): ReservationReport {
  const { head, each } = REPORT[flag("extended", extended) ? "extended" : "short"];
  checkBytes("page", page, head, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const held = view.getUint8(4);
  const told = Math.min(view.getUint16(5, true), Math.floor((page.length - head) / each));
  const names = Object.keys(TYPES) as ReservationType[];
  return {
    generation: view.getUint32(0, true),
    type: names.find((name) => TYPES[name] === held) ?? null,
    persists: view.getUint8(9) === 1,
    registrants: Array.from({ length: told }, (_, i) => {
      const at = head + i * each;
      const [idAt, idBytes, keyAt] = extended ? [16, EXTENDED_HOST_ID_BYTES, 8] : [8, HOST_ID_BYTES, 16];
      return {
        controllerId: view.getUint16(at, true),
        holds: (view.getUint8(at + 2) & 1) === 1,
        hostId: page.slice(at + idAt, at + idAt + idBytes),
        key: view.getBigUint64(at + keyAt, true),
      };
    }),
  };
}

/** Reservation Notification log page 80h (NVMe Base 2.0, 5.16.1.22); `type` "none": nothing waits to be told. */
export interface ReservationNotification {
  /** Counts those that were made; 0: none was. */
  count: bigint;
  type: (typeof NOTIFICATIONS)[number] | "unknown";
  /** More that wait behind this one, at most 255 are told. */
  waiting: number;
  nsid: number;
}

export function decodeReservationNotification(page: Uint8Array): ReservationNotification {
  checkBytes("page", page, NOTIFICATION_BYTES, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  return {
    count: view.getBigUint64(0, true),
    type: NOTIFICATIONS[view.getUint8(8)] ?? "unknown",
    waiting: view.getUint8(9),
    nsid: view.getUint32(12, true),
  };
}

function keys(...values: [string, bigint][]): Uint8Array {
  const data = new Uint8Array(8 * values.length);
  const view = new DataView(data.buffer);
  values.forEach(([name, value], i) => void view.setBigUint64(8 * i, big(name, value, 0n, U64), true));
  return data;
}

const named = <K extends string>(name: string, value: K, table: Record<K, number>): number =>
  table[oneOf(name, value, Object.keys(table) as K[])];

export class Reservations {
  constructor(
    private readonly controller: Pick<Controller, "getFeature" | "setFeature" | "getLogPage">,
    private readonly namespace: Pick<Namespace, "io" | "nsid">,
  ) {
    having("controller", controller, ["getFeature", "setFeature", "getLogPage"]);
    having("namespace", namespace, ["io", "nsid"]);
  }

  /** Opcode 0Dh: this host becomes a registrant, is none any more, or changes its key. */
  async register(qpair: Qpair, options: RegisterOptions): Promise<Completion> {
    const o = object<RegisterOptions>("options", options, ["action", "key", "newKey", "ignoreKey", "persist"]);
    const persist = named("persist", o.persist ?? "unchanged", PERSIST);
    const cdw10 = (named("action", o.action, REGISTER) | ignoring(o.ignoreKey) | (persist << 30)) >>> 0;
    return this.#send(qpair, OPCODE.register, cdw10, keys(["key", o.key ?? 0n], ["newKey", o.newKey ?? 0n]));
  }

  /** Opcode 11h: takes the reservation, or takes it and registrations away from others. Of somebody else's it is 00/83. */
  async acquire(qpair: Qpair, options: AcquireOptions): Promise<Completion> {
    const o = object<AcquireOptions>("options", options, ["action", "type", "key", "preemptKey", "ignoreKey"]);
    const cdw10 = named("action", o.action ?? "acquire", ACQUIRE) | ignoring(o.ignoreKey) | typed(o.type);
    return this.#send(qpair, OPCODE.acquire, cdw10, keys(["key", o.key], ["preemptKey", o.preemptKey ?? 0n]));
  }

  /** Opcode 15h: gives the reservation back; `clear` ends it and all registrations. */
  async release(qpair: Qpair, options: ReleaseOptions): Promise<Completion> {
    const o = object<ReleaseOptions>("options", options, ["action", "type", "key", "ignoreKey"]);
    const action = o.action ?? "release";
    if (action === "release" && o.type === undefined)
      refuse("type is undefined, release needs the one that was acquired");
    const type = o.type === undefined ? 0 : typed(o.type);
    const cdw10 = named("action", action, RELEASE) | ignoring(o.ignoreKey) | type;
    return this.#send(qpair, OPCODE.release, cdw10, keys(["key", o.key]));
  }

  /** Opcode 0Eh. `extended`: with 128-bit host identifiers; must be so where the host has such a one. @throws StatusExpectationError */
  async report(qpair: Qpair, options: { extended?: boolean; limit?: number } = {}): Promise<ReservationReport> {
    const o = object<typeof options>("options", options, ["extended", "limit"]);
    const extended = flag("extended", o.extended ?? false);
    const { head, each } = REPORT[extended ? "extended" : "short"];
    const data = new Uint8Array(head + each * integer("limit", o.limit ?? MAX_REGISTRANTS, 0, MAX_REGISTRANTS));
    const command = { opcode: OPCODE.report, cdw10: data.length / 4 - 1, cdw11: extended ? 1 : 0 };
    expectStatus(await this.namespace.io(qpair, command, data, "from-device"));
    return decodeReservations(data, extended);
  }

  /** Feature 81h, 8 bytes, or 16 where `extended`. @throws StatusExpectationError */
  async hostIdentifier(options: { extended?: boolean } = {}): Promise<Uint8Array> {
    const { extended } = object<typeof options>("options", options, ["extended"]);
    const wide = flag("extended", extended ?? false);
    const data = new Uint8Array(wide ? EXTENDED_HOST_ID_BYTES : HOST_ID_BYTES);
    expectStatus(await this.controller.getFeature(FEATURE.hostIdentifier, { cdw11: wide ? 1 : 0, data }));
    return data;
  }

  /** Feature 81h: 8 or 16 bytes. Over fabrics the connection says who the host is, and this is refused. */
  async setHostIdentifier(id: Uint8Array): Promise<Completion> {
    checkBytes("id", id, HOST_ID_BYTES, EXTENDED_HOST_ID_BYTES);
    if (id.length !== HOST_ID_BYTES && id.length !== EXTENDED_HOST_ID_BYTES)
      refuse(`id has ${id.length} bytes, it must have ${HOST_ID_BYTES} or ${EXTENDED_HOST_ID_BYTES}`);
    const cdw11 = id.length === EXTENDED_HOST_ID_BYTES ? 1 : 0;
    return this.controller.setFeature(FEATURE.hostIdentifier, cdw11, { data: Uint8Array.from(id) });
  }

  /** Feature 82h: which notifications this controller does not get. */
  async setNotificationMask(masked: {
    registrationPreempted?: boolean;
    reservationReleased?: boolean;
    reservationPreempted?: boolean;
  }): Promise<Completion> {
    const names = NOTIFICATIONS.slice(1) as Exclude<(typeof NOTIFICATIONS)[number], "none">[];
    const o = object<typeof masked>("masked", masked, names);
    const bits = names.reduce((all, name, i) => all | (flag(name, o[name] ?? false) ? 2 << i : 0), 0);
    return this.controller.setFeature(FEATURE.notificationMask, bits, { nsid: this.namespace.nsid });
  }

  /** Feature 83h, as `persist` of `register`. */
  async setPersistence(persists: boolean): Promise<Completion> {
    const cdw11 = flag("persists", persists) ? 1 : 0;
    return this.controller.setFeature(FEATURE.persistence, cdw11, { nsid: this.namespace.nsid });
  }

  /** @throws StatusExpectationError */
  async persistence(): Promise<boolean> {
    const { cdw0 } = expectStatus(await this.controller.getFeature(FEATURE.persistence, { nsid: this.namespace.nsid }));
    return (cdw0 & 1) === 1;
  }

  /** The oldest notification of log 80h, which is taken from it. @throws StatusExpectationError */
  async notification(): Promise<ReservationNotification> {
    const { completion, data } = await this.controller.getLogPage(NOTIFICATION_LOG, NOTIFICATION_BYTES);
    expectStatus(completion);
    return decodeReservationNotification(data);
  }

  #send(qpair: Qpair, opcode: number, cdw10: number, data: Uint8Array): Promise<Completion> {
    return this.namespace.io(qpair, { opcode, cdw10 }, data, "to-device");
  }
}

const ignoring = (ignoreKey?: boolean) => (flag("ignoreKey", ignoreKey ?? false) ? IGNORE_KEY : 0);
const typed = (type: ReservationType) => named("type", type, TYPES) << 8;
