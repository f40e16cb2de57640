/** Protection information and metadata of a command: pure (NVM Command Set 1.0, 5.3; the 16-bit guard of T10 DIF). */
import { bytes, flag, integer, object, oneOf, refuse, U32 } from "../check";
import type { NamespaceIdentity } from "../controller/identity";
import type { ProtectionOptions } from "./io-options";

export const TUPLE_BYTES = 8;
const POLYNOMIAL = 0x8bb7;
const CHECKS = { guard: 0x1000_0000, application: 0x0800_0000, reference: 0x0400_0000 } as const;
const ACTION = 0x2000_0000;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++)
    crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ POLYNOMIAL) & 0xffff : (crc << 1) & 0xffff;
  return crc;
});

/** CRC-16 of a sector's data (and of the metadata in front of the tuple). */
export function guardCrc(data: Uint8Array): number {
  bytes("data", data, 0, U32);
  let crc = 0;
  for (const byte of data) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ byte]!;
  return crc;
}

/** The 8 bytes of a tuple, big endian. */
export function protectionTuple(tuple: { guard: number; applicationTag: number; referenceTag: number }): Uint8Array {
  const o = object<typeof tuple>("tuple", tuple, ["guard", "applicationTag", "referenceTag"]);
  const view = new DataView(new ArrayBuffer(TUPLE_BYTES));
  view.setUint16(0, integer("tuple.guard", o.guard, 0, 0xffff));
  view.setUint16(2, integer("tuple.applicationTag", o.applicationTag, 0, 0xffff));
  view.setUint32(4, integer("tuple.referenceTag", o.referenceTag, 0, U32));
  return new Uint8Array(view.buffer);
}

export interface ProtectionDwords {
  /** Bits of command dword 12. */
  bits: number;
  cdw14: number;
  cdw15: number;
  action: boolean;
}

/** What a command of this namespace says about protection information. */
export function protectionDwords(
  ns: NamespaceIdentity,
  slba: bigint,
  given: ProtectionOptions | undefined,
): ProtectionDwords {
  if ((ns.protection?.type ?? 0) === 0) {
    if (given !== undefined) refuse(`protection was given, namespace ${ns.nsid} has no protection information`);
    return { bits: 0, cdw14: 0, cdw15: 0, action: false };
  }
  const keys = ["action", "check", "referenceTag", "applicationTag", "applicationMask"];
  const o = object<ProtectionOptions>("protection", given ?? { action: true }, keys);
  const checks = o.check ?? [];
  if (!Array.isArray(checks)) refuse("protection.check must be an array of guard, application and reference");
  const action = flag("protection.action", o.action ?? false);
  let bits = action ? ACTION : 0;
  for (const check of checks)
    bits |= CHECKS[oneOf("protection.check", check, Object.keys(CHECKS) as (keyof typeof CHECKS)[])];
  const applicationTag = integer("protection.applicationTag", o.applicationTag ?? 0, 0, 0xffff);
  const applicationMask = integer("protection.applicationMask", o.applicationMask ?? 0xffff, 0, 0xffff);
  return {
    bits,
    cdw14: integer("protection.referenceTag", o.referenceTag ?? Number(slba & 0xffff_ffffn), 0, U32),
    cdw15: ((applicationMask << 16) | applicationTag) >>> 0,
    action,
  };
}

/** How many bytes of each LBA are in the data buffer, and how many in a buffer of their own. */
export function transferLayout(ns: NamespaceIdentity, action: boolean): { stride: number; apart: number } {
  const stripped = action && (ns.protection?.type ?? 0) !== 0 && ns.metadataBytes === TUPLE_BYTES;
  const moved = stripped ? 0 : ns.metadataBytes;
  return ns.extendedLba === true ? { stride: ns.lbaBytes + moved, apart: 0 } : { stride: ns.lbaBytes, apart: moved };
}

/** The data of a command with its metadata behind them, as the addon takes them; zeroes where a script gave none. */
export function joined(data: Uint8Array, metadata: Uint8Array | undefined, metadataBytes: number): Uint8Array {
  if (metadataBytes === 0) {
    if (metadata !== undefined) refuse("metadata was given, this command has none of their own");
    return data;
  }
  if (metadata !== undefined) bytes("metadata", metadata, metadataBytes, metadataBytes);
  const both = new Uint8Array(data.byteLength + metadataBytes);
  both.set(data);
  if (metadata !== undefined) both.set(metadata, data.byteLength);
  return both;
}
