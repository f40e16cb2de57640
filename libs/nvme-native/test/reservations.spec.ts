/** What reservation commands carry and what their answers say, byte by byte as the specification has it (NVMe Base 2.0, 7). */
import { type Completion, decodeReservationNotification, decodeReservations, type Qpair, Reservations } from "../src";
import { codeOf } from "./bench-drive";

const GOOD: Completion = { cdw0: 0, sct: 0, sc: 0, dnr: false, more: false, local: false, latencyNs: 1 };
type Sent = { opcode?: number; fid?: number; cdw10?: number; cdw11?: number; nsid?: number; data?: string };

/** Remembers what goes out. */
function recorded() {
  const sent: Sent[] = [];
  const hex = (data?: unknown) => (data === undefined ? undefined : Buffer.from(data as Uint8Array).toString("hex"));
  const controller = {
    getFeature: async (fid: number, o: { cdw11?: number; nsid?: number; data?: unknown } = {}) => {
      sent.push({ fid, cdw11: o.cdw11, nsid: o.nsid });
      return { ...GOOD, cdw0: 1 };
    },
    setFeature: async (fid: number, cdw11: number, o: { nsid?: number; data?: unknown } = {}) => {
      sent.push({ fid, cdw11, nsid: o.nsid, data: hex(o.data) });
      return GOOD;
    },
    getLogPage: async () => ({ completion: GOOD, data: new Uint8Array(64) }),
  };
  const ns = {
    nsid: 5,
    io: async (_: unknown, command: Sent, data: Uint8Array, direction: string) => {
      sent.push({ ...command, data: direction === "to-device" ? hex(data) : `${data.length} bytes` });
      return GOOD;
    },
  };
  return { sent, reservations: new Reservations(controller as never, ns as never) };
}

const qpair = {} as Qpair;
const KEY = "0807060504030201";
const key = 0x0102030405060708n;
const NONE = "0000000000000000";

test.each<[string, (r: Reservations) => Promise<unknown>, Sent]>([
  [
    "register",
    (r) => r.register(qpair, { action: "register", newKey: key }),
    { opcode: 0x0d, cdw10: 0, data: NONE + KEY },
  ],
  [
    "replace a key whatever it was, and outlive the power",
    (r) => r.register(qpair, { action: "replace", newKey: key, ignoreKey: true, persist: "keep" }),
    { opcode: 0x0d, cdw10: 0xc000_000a, data: NONE + KEY },
  ],
  [
    "unregister, and go with the power",
    (r) => r.register(qpair, { action: "unregister", key, persist: "lose" }),
    { opcode: 0x0d, cdw10: 0x8000_0001, data: KEY + NONE },
  ],
  [
    "acquire",
    (r) => r.acquire(qpair, { type: "exclusiveAccessAllRegistrants", key }),
    { opcode: 0x11, cdw10: 0x600, data: KEY + NONE },
  ],
  [
    "preempt and abort",
    (r) => r.acquire(qpair, { action: "preemptAndAbort", type: "writeExclusive", key: 0n, preemptKey: key }),
    { opcode: 0x11, cdw10: 0x102, data: NONE + KEY },
  ],
  ["release", (r) => r.release(qpair, { type: "exclusiveAccess", key }), { opcode: 0x15, cdw10: 0x200, data: KEY }],
  ["clear", (r) => r.release(qpair, { action: "clear", key }), { opcode: 0x15, cdw10: 1, data: KEY }],
  ["report", (r) => r.report(qpair, { limit: 2 }), { opcode: 0x0e, cdw10: 17, cdw11: 0, data: "72 bytes" }],
  [
    "report with wide identifiers",
    (r) => r.report(qpair, { limit: 1, extended: true }),
    { opcode: 0x0e, cdw10: 31, cdw11: 1, data: "128 bytes" },
  ],
  [
    "a host identifier of 64 bits",
    (r) => r.setHostIdentifier(new Uint8Array(8).fill(3)),
    { fid: 0x81, cdw11: 0, data: "03".repeat(8) },
  ],
  [
    "one of 128",
    (r) => r.setHostIdentifier(new Uint8Array(16).fill(3)),
    { fid: 0x81, cdw11: 1, data: "03".repeat(16) },
  ],
  [
    "a mask of notifications",
    (r) => r.setNotificationMask({ registrationPreempted: true, reservationPreempted: true }),
    { fid: 0x82, cdw11: 0b1010, nsid: 5 },
  ],
  ["persistence", (r) => r.setPersistence(true), { fid: 0x83, cdw11: 1, nsid: 5 }],
])("%s", async (_, call, expected) => {
  const { sent, reservations } = recorded();
  await call(reservations);
  expect(sent).toMatchObject([expected]);
});

test("registrants are read as far as the page goes, of either form", () => {
  const short = Buffer.alloc(24 + 24 + 10);
  short.writeUInt32LE(7, 0);
  short[4] = 3;
  short.writeUInt16LE(9, 5);
  short[9] = 1;
  short.writeUInt16LE(0x0102, 24);
  short[26] = 1;
  short.fill(0xaa, 32, 40);
  short.writeBigUInt64LE(key, 40);
  expect(decodeReservations(short, false)).toEqual({
    generation: 7,
    type: "writeExclusiveRegistrantsOnly",
    persists: true,
    registrants: [{ controllerId: 0x0102, holds: true, hostId: new Uint8Array(8).fill(0xaa), key }],
  });
  const wide = Buffer.alloc(128);
  wide.writeUInt16LE(1, 5);
  wide.writeBigUInt64LE(key, 64 + 8);
  wide.fill(0xbb, 64 + 16, 64 + 32);
  expect(decodeReservations(wide, true)).toEqual({
    generation: 0,
    type: null,
    persists: false,
    registrants: [{ controllerId: 0, holds: false, hostId: new Uint8Array(16).fill(0xbb), key }],
  });
});

test("a notification says what happened where, also one of no known kind", () => {
  const page = Buffer.alloc(64);
  expect(decodeReservationNotification(page)).toEqual({ count: 0n, type: "none", waiting: 0, nsid: 0 });
  page.writeBigUInt64LE(4n, 0);
  page.set([3, 2], 8);
  page.writeUInt32LE(5, 12);
  expect(decodeReservationNotification(page)).toEqual({ count: 4n, type: "reservationPreempted", waiting: 2, nsid: 5 });
  page[8] = 200;
  expect(decodeReservationNotification(page).type).toBe("unknown");
});

test("what cannot be sent is refused in words", async () => {
  const { sent, reservations } = recorded();
  for (const wrong of [
    () => reservations.register(qpair, { action: "steal" as never }),
    () => reservations.register(qpair, { action: "register", newKey: 1n << 64n }),
    () => reservations.acquire(qpair, { type: "shared" as never, key: 1n }),
    () => reservations.release(qpair, { key: 1n }),
    () => reservations.setHostIdentifier(new Uint8Array(12)),
    () => reservations.report(qpair, { limit: 1.5 }),
    () => decodeReservations(new Uint8Array(23), false),
  ])
    expect(await codeOf(async () => wrong())).toBe("ERR_ARGUMENT");
  expect(sent).toEqual([]);
});
