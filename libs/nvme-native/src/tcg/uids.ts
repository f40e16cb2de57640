/** Identifiers of the TCG Storage Architecture Core Specification 2.01, 5.1.5, and of Opal SSC 2.01, 4.2 and 4.3. */
import { integer } from "../check";

function uid(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, high);
  view.setUint32(4, low);
  return bytes;
}

const numbered =
  (high: number, first: number, most: number) =>
  (n: number): Uint8Array =>
    uid(high, first + integer("number", n, 1, most));

const MAX_RANGES = 255;

export const UID = {
  thisSp: uid(0, 1),
  sessionManager: uid(0, 0xff),
  adminSp: uid(0x205, 1),
  lockingSp: uid(0x205, 2),
  anybody: uid(9, 1),
  sid: uid(9, 6),
  psid: uid(9, 0x1_ff01),
  pinOfSid: uid(0x0b, 1),
  pinOfMsid: uid(0x0b, 0x8402),
  lockingInfo: uid(0x801, 1),
  globalRange: uid(0x802, 1),
  globalKey: uid(0x806, 1),
} as const;

export const adminOf = numbered(9, 0x1_0000, MAX_RANGES);
export const userOf = numbered(9, 0x3_0000, MAX_RANGES);
export const pinOfAdmin = numbered(0x0b, 0x1_0000, MAX_RANGES);
export const pinOfUser = numbered(0x0b, 0x3_0000, MAX_RANGES);

/** Range 0 is the global one. */
export function rangeOf(n: number): Uint8Array {
  return n === 0 ? UID.globalRange : numbered(0x802, 0x3_0000, MAX_RANGES)(n);
}
export function keyOf(n: number): Uint8Array {
  return n === 0 ? UID.globalKey : numbered(0x806, 0x3_0000, MAX_RANGES)(n);
}
/** The access control element that says who may change ReadLocked or WriteLocked of a range. */
export function accessOf(way: "read" | "write", n: number): Uint8Array {
  return uid(8, (way === "read" ? 0x3_e000 : 0x3_e800) + integer("range", n, 0, MAX_RANGES));
}

export const METHOD = {
  properties: uid(0, 0xff01),
  startSession: uid(0, 0xff02),
  syncSession: uid(0, 0xff03),
  genKey: uid(6, 0x10),
  revertSp: uid(6, 0x11),
  get: uid(6, 0x16),
  set: uid(6, 0x17),
  authenticate: uid(6, 0x1c),
  revert: uid(6, 0x202),
  activate: uid(6, 0x203),
} as const;
