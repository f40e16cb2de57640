/** Tuples of protection information and their tags: pure (NVM Command Set 1.0, 5.3.1). */
import { bytes, integer, object, oneOf, refuse, U32, U64 } from "../check";
import { GUARDS, type GuardBits } from "./guards";

/** What a tuple looks like; `NamespaceIdentity.protection` and its LBA formats say it. */
export interface TupleFormat {
  /** Default 16. */
  guardBits?: GuardBits;
  /** STS: bits of the storage tag, of those that it shares with the reference tag; default 0. */
  storageTagBits?: number;
}

/** Numbers up to 32 bits may be of either type, longer ones must be bigints. */
export interface ProtectionTuple {
  guard: number | bigint;
  applicationTag: number;
  referenceTag: number | bigint;
  storageTag?: number | bigint;
}

/** By the bits of the guard: bytes of the tuple, bits that storage tag and reference tag share, what the storage tag can have. */
export const TUPLES = {
  16: { bytes: 8, spaceBits: 32, storageBits: [0, 32] },
  32: { bytes: 16, spaceBits: 80, storageBits: [16, 64] },
  64: { bytes: 16, spaceBits: 48, storageBits: [0, 48] },
} as const satisfies Record<GuardBits, { bytes: number; spaceBits: number; storageBits: readonly [number, number] }>;

/** Place in it: PIF of an extended LBA format (figure 119). */
export const GUARD_BITS = [16, 32, 64] as const satisfies GuardBits[];

const ones = (bits: number) => (1n << BigInt(bits)) - 1n;

export function guardBitsOf(format: TupleFormat): GuardBits {
  return format.guardBits ?? 16;
}

export function tupleBytes(format: TupleFormat): number {
  return TUPLES[guardBitsOf(format)].bytes;
}

/** 0: there is no reference tag. */
export function referenceTagBits(format: TupleFormat): number {
  return TUPLES[guardBitsOf(format)].spaceBits - (format.storageTagBits ?? 0);
}

/** A tag of so many bits. */
export function tag(name: string, value: unknown, bits: number): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && BigInt(value) <= ones(bits))
    return BigInt(value);
  if (typeof value === "bigint" && value >= 0n && value <= ones(bits)) return value;
  const shown = typeof value === "number" || typeof value === "bigint" ? String(value) : `of type ${typeof value}`;
  return refuse(`${name} is ${shown}, it must be an integer from 0 to ${ones(bits)}`);
}

/** Storage tag and reference tag in one number, as tuples and commands have them. */
export function tagSpace(format: TupleFormat, referenceTag: bigint, storageTag: bigint): bigint {
  return (storageTag << BigInt(referenceTagBits(format))) | referenceTag;
}

/** What is given of it, checked; `NamespaceIdentity.protection` and an LBA format have more keys. */
export function givenFormat(name: string, given: TupleFormat): TupleFormat {
  const more = ["type", "first", "storageMask", "lbaBytes", "metadataBytes"];
  const { guardBits, storageTagBits } = object<TupleFormat>(name, given, ["guardBits", "storageTagBits", ...more]);
  if (guardBits !== undefined) oneOf(`${name}.guardBits`, guardBits, GUARD_BITS);
  if (storageTagBits !== undefined) integer(`${name}.storageTagBits`, storageTagBits, 0, 64);
  return { guardBits, storageTagBits };
}

function checkFormat(given: TupleFormat): Required<TupleFormat> {
  const { guardBits = 16, storageTagBits } = givenFormat("format", given);
  const [least, most] = TUPLES[guardBits].storageBits;
  return { guardBits, storageTagBits: integer("format.storageTagBits", storageTagBits ?? least, least, most) };
}

/** The bytes of a tuple, big endian: 8 with a guard of 16 bits, else 16. */
export function protectionTuple(tuple: ProtectionTuple, format: TupleFormat = {}): Uint8Array {
  const o = object<ProtectionTuple>("tuple", tuple, ["guard", "applicationTag", "referenceTag", "storageTag"]);
  const checked = checkFormat(format);
  const { bytes: length, spaceBits } = TUPLES[checked.guardBits];
  const referenceTag = tag("tuple.referenceTag", o.referenceTag, referenceTagBits(checked));
  const storageTag = tag("tuple.storageTag", o.storageTag ?? 0, checked.storageTagBits);
  const applicationTag = BigInt(integer("tuple.applicationTag", o.applicationTag, 0, 0xffff));
  const front = (tag("tuple.guard", o.guard, checked.guardBits) << 16n) | applicationTag;
  const whole = (front << BigInt(spaceBits)) | tagSpace(checked, referenceTag, storageTag);
  const view = new DataView(new ArrayBuffer(length));
  for (let at = length - 8, rest = whole; at >= 0; at -= 8, rest >>= 64n) view.setBigUint64(at, rest & U64);
  return new Uint8Array(view.buffer);
}

/** What stands in a tuple; numbers of 32 bits and less as such, longer ones as bigints. */
export function readProtectionTuple(tuple: Uint8Array, format: TupleFormat = {}): Required<ProtectionTuple> {
  const checked = checkFormat(format);
  const { bytes: length } = TUPLES[checked.guardBits];
  bytes("tuple", tuple, length, length);
  let whole = 0n;
  for (const byte of tuple) whole = (whole << 8n) | BigInt(byte);
  const take = (bits: number) => {
    const value = whole & ones(bits);
    whole >>= BigInt(bits);
    return bits <= 32 ? Number(value) : value;
  };
  const referenceTag = take(referenceTagBits(checked));
  const storageTag = take(checked.storageTagBits);
  const applicationTag = Number(take(16));
  return { guard: take(checked.guardBits), applicationTag, referenceTag, storageTag };
}

/** The guard of a sector: of its data, or of them and the metadata in front of the tuple. */
export function guardOf(data: Uint8Array, format: TupleFormat = {}): number | bigint {
  return GUARDS[checkFormat(format).guardBits](bytes("data", data, 0, U32));
}
