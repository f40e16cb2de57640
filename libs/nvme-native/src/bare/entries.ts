/** Queue entries as bytes (NVMe Base 2.0: submission figure 87, completion figure 90). Pure. */
import { big, bytes, integer, object, U32, U64 } from "../check";
import type { RawCommand } from "../command/completion";

export const SQE_BYTES = 64;
export const CQE_BYTES = 16;

/** A submission queue entry: a command whose addresses are always its own. */
export interface SubmissionEntry extends RawCommand {
  cid?: number;
  /** PRP or SGL for data transfer, CDW0 15:14. */
  psdt?: number;
}

/** A completion queue entry, taken apart. */
export interface CompletionEntry {
  cdw0: number;
  cdw1: number;
  /** Head of the submission queue when the completion was posted. */
  sqhd: number;
  sqid: number;
  cid: number;
  phase: 0 | 1;
  sct: number;
  sc: number;
  more: boolean;
  dnr: boolean;
}

const DWORDS = [
  ["nsid", 4],
  ["cdw2", 8],
  ["cdw3", 12],
  ["cdw10", 40],
  ["cdw11", 44],
  ["cdw12", 48],
  ["cdw13", 52],
  ["cdw14", 56],
  ["cdw15", 60],
] as const;
const QWORDS = [
  ["mptr", 16],
  ["prp1", 24],
  ["prp2", 32],
] as const;
const KEYS = ["opcode", "cid", "fuse", "psdt", ...DWORDS.map(([key]) => key), ...QWORDS.map(([key]) => key)];

/** @throws ERR_ARGUMENT when a field does not fit. */
export function encodeSubmission(entry: SubmissionEntry): Buffer {
  const given = object<SubmissionEntry>("entry", entry, KEYS);
  const bytes = Buffer.alloc(SQE_BYTES);
  bytes[0] = integer("opcode", given.opcode, 0, 255);
  bytes[1] = integer("fuse", given.fuse ?? 0, 0, 3) | (integer("psdt", given.psdt ?? 0, 0, 3) << 6);
  bytes.writeUInt16LE(integer("cid", given.cid ?? 0, 0, 0xffff), 2);
  for (const [key, at] of DWORDS) bytes.writeUInt32LE(integer(key, given[key] ?? 0, 0, U32), at);
  for (const [key, at] of QWORDS) bytes.writeBigUInt64LE(big(key, given[key] ?? 0n, 0n, U64), at);
  return bytes;
}

/** The 16 bytes at `offset`; whether the phase is that of a new entry is the caller's to know. */
export function decodeCompletion(entry: Uint8Array, offset = 0): CompletionEntry {
  bytes("entry", entry, CQE_BYTES, U32);
  integer("offset", offset, 0, entry.byteLength - CQE_BYTES);
  const view = Buffer.from(entry.buffer, entry.byteOffset + offset, CQE_BYTES);
  const status = view.readUInt16LE(14);
  return {
    cdw0: view.readUInt32LE(0),
    cdw1: view.readUInt32LE(4),
    sqhd: view.readUInt16LE(8),
    sqid: view.readUInt16LE(10),
    cid: view.readUInt16LE(12),
    phase: (status & 1) as 0 | 1,
    sc: (status >> 1) & 0xff,
    sct: (status >> 9) & 7,
    more: (status & 0x4000) !== 0,
    dnr: (status & 0x8000) !== 0,
  };
}
