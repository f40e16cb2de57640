/** Protection information and metadata of a command: pure (NVM Command Set 1.0, 5.3). */
import { bytes, flag, integer, object, oneOf, refuse, U32 } from "../check";
import type { NamespaceIdentity } from "../controller/identity";
import type { ProtectionCheck, ProtectionOptions } from "./io-options";
import { referenceTagBits, type TupleFormat, tag, tagSpace, tupleBytes } from "./protection-tuple";

/** PRCHK in bits 28:26 of command dword 12, STC in bit 24. */
const CHECKS: Record<ProtectionCheck, number> = {
  guard: 0x1000_0000,
  application: 0x0800_0000,
  reference: 0x0400_0000,
  storage: 0x0100_0000,
};
const ACTION = 0x2000_0000;
const KEYS = ["action", "check", "referenceTag", "storageTag", "storageMask", "applicationTag", "applicationMask"];
const NONE = { bits: 0, cdw2: 0, cdw3: 0, cdw14: 0, cdw15: 0, action: false, referenceTag: 0n, storageTag: 0n };

export interface ProtectionDwords {
  /** Bits of command dword 12. */
  bits: number;
  cdw2: number;
  cdw3: number;
  cdw14: number;
  cdw15: number;
  action: boolean;
  referenceTag: bigint;
  storageTag: bigint;
}

export function protects(ns: NamespaceIdentity): boolean {
  return (ns.protection?.type ?? 0) !== 0;
}

/** Bits of command dword 12 for what the drive compares. */
export function checkBits(ns: NamespaceIdentity, name: string, given: ProtectionCheck[] = []): number {
  const known = Object.keys(CHECKS) as ProtectionCheck[];
  if (!Array.isArray(given)) refuse(`${name} must be an array of ${known.join(", ")}`);
  let bits = 0;
  for (const check of given) bits |= CHECKS[oneOf(name, check, known)];
  if ((bits & CHECKS.storage) !== 0 && (ns.protection?.storageTagBits ?? 0) === 0)
    refuse(`${name} has storage, the LBA format of namespace ${ns.nsid} has no storage tag`);
  return bits;
}

/** The tags of a command or of a source range of Copy; the reference tag defaults to what the low part of its LBA is. */
export function checkTags(
  ns: NamespaceIdentity,
  name: string,
  slba: bigint,
  given: Pick<ProtectionOptions, "referenceTag" | "storageTag" | "applicationTag" | "applicationMask">,
): Pick<ProtectionDwords, "referenceTag" | "storageTag" | "cdw15"> & { space: bigint } {
  const format: TupleFormat = ns.protection ?? {};
  const bits = referenceTagBits(format);
  const low = slba & ((1n << BigInt(bits)) - 1n);
  const referenceTag = tag(`${name}.referenceTag`, given.referenceTag ?? low, bits);
  const storageTag = tag(`${name}.storageTag`, given.storageTag ?? 0, format.storageTagBits ?? 0);
  const applicationTag = integer(`${name}.applicationTag`, given.applicationTag ?? 0, 0, 0xffff);
  const applicationMask = integer(`${name}.applicationMask`, given.applicationMask ?? 0xffff, 0, 0xffff);
  const cdw15 = ((applicationMask << 16) | applicationTag) >>> 0;
  return { referenceTag, storageTag, cdw15, space: tagSpace(format, referenceTag, storageTag) };
}

/** What a command of this namespace says about protection information. */
export function protectionDwords(
  ns: NamespaceIdentity,
  slba: bigint,
  given: ProtectionOptions | undefined,
): ProtectionDwords {
  if (!protects(ns)) {
    if (given !== undefined) refuse(`protection was given, namespace ${ns.nsid} has no protection information`);
    return NONE;
  }
  const o = object<ProtectionOptions>("protection", given ?? { action: true }, KEYS);
  const action = flag("protection.action", o.action ?? false);
  const { space, ...tags } = checkTags(ns, "protection", slba, o);
  const word = (index: bigint) => Number((space >> (32n * index)) & BigInt(U32));
  return {
    ...tags,
    bits: (checkBits(ns, "protection.check", o.check) | (action ? ACTION : 0)) >>> 0,
    cdw14: word(0n),
    cdw3: word(1n),
    cdw2: word(2n),
    action,
  };
}

/** How many bytes of each LBA are in the data buffer, and how many in a buffer of their own. */
export function transferLayout(ns: NamespaceIdentity, action: boolean): { stride: number; apart: number } {
  const stripped = action && protects(ns) && ns.metadataBytes === tupleBytes(ns.protection ?? {});
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
