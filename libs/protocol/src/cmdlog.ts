/**
 * The flight recorder: one memory-mapped file per qpair, a ring of the newest commands and completions.
 * All numbers little endian. Written by the owning thread without locks (libs/nvme-native/native/core/cmdlog.h keeps the
 * same layout); readable while it is written, after a kill -9, and by anybody who has only the file.
 *
 * Header, 4096 bytes:
 *   0  char[8] magic "ASSAYCLG" | 8 u32 version | 12 u32 entry size (128) | 16 u32 capacity (entries, power of two)
 *   20 u16 qid (0 = admin) | 22 u16 reserved | 24 u64 CLOCK_BOOTTIME ns at creation | 32 u64 CLOCK_REALTIME ns at creation
 *   40 u64 newest sequence number (a hint; the entries decide) | 48 u32 pid | 52 u32 reserved | 56 char[64] label, NUL padded
 *   120 u64 number of the first entry of the queue that pid and label are of (0: not told); those before it are of queues that
 *   had the id earlier, whose own files are kept beside this one as `<qid>.cmdlog.1` and `.2`
 * Entry, 128 bytes, number s in ring place (s - 1) mod capacity:
 *   0  u64 s (0 while the entry is being replaced; stored last) | 8 u64 submitted, CLOCK_BOOTTIME ns
 *   16 u64 completed, CLOCK_BOOTTIME ns | 24 u32 flags | 28 u32 worker | 32 u8[64] submission entry | 96 u8[16] completion entry
 *   112 u64 LBA count or 0 | 120 u64 reserved
 */
import { CMDLOG_VERSION } from "./versions";

export const CMDLOG_MAGIC = "ASSAYCLG";
export const CMDLOG_HEADER_BYTES = 4096;
export const CMDLOG_ENTRY_BYTES = 128;
/** More than this is no file of ours. */
export const CMDLOG_MAX_ENTRIES = 1 << 20;

/** A completion arrived. */
export const CMDLOG_COMPLETED = 1;
/** Completed by our side (timeout, reset, power cut), not by the drive. */
export const CMDLOG_LOCAL = 2;

export interface CmdlogEntry {
  sequence: bigint;
  /** Nanoseconds since the Unix epoch, by the host's clock at the ring's creation. */
  submittedNs: bigint;
  /** null while the command was outstanding. */
  completedNs: bigint | null;
  outstanding: boolean;
  local: boolean;
  worker: number;
  opcode: number;
  cid: number;
  nsid: number;
  /** cdw10..cdw15 */
  cdw: number[];
  /** LBA of cdw10/11: meaningful for NVM read and write commands. */
  slba: bigint;
  lbaCount: bigint;
  sct: number;
  sc: number;
  dnr: boolean;
  cdw0: number;
}

export interface Cmdlog {
  qid: number;
  label: string;
  pid: number;
  capacity: number;
  /** Oldest first. */
  entries: CmdlogEntry[];
}

export class CmdlogFormatError extends Error {}

/** Decode a whole file. @throws CmdlogFormatError when it is none, or is of another version. Torn entries are left out. */
export function decodeCmdlog(file: Uint8Array): Cmdlog {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < CMDLOG_HEADER_BYTES)
    throw new CmdlogFormatError(`${file.byteLength} bytes are less than a header`);
  if (Buffer.from(file.subarray(0, 8)).toString("latin1") !== CMDLOG_MAGIC) throw new CmdlogFormatError("not a cmdlog");
  const version = view.getUint32(8, true);
  if (version !== CMDLOG_VERSION)
    throw new CmdlogFormatError(`cmdlog version ${version}, this reader knows ${CMDLOG_VERSION}`);
  const entryBytes = view.getUint32(12, true);
  const capacity = view.getUint32(16, true);
  if (entryBytes !== CMDLOG_ENTRY_BYTES) throw new CmdlogFormatError(`entries of ${entryBytes} bytes`);
  if (capacity === 0 || capacity > CMDLOG_MAX_ENTRIES) throw new CmdlogFormatError(`capacity ${capacity}`);
  const wallOffset = view.getBigUint64(32, true) - view.getBigUint64(24, true);
  const places = Math.min(capacity, Math.floor((file.byteLength - CMDLOG_HEADER_BYTES) / CMDLOG_ENTRY_BYTES));
  const entries: CmdlogEntry[] = [];
  for (let place = 0; place < places; place++) {
    const entry = decodeEntry(view, CMDLOG_HEADER_BYTES + place * CMDLOG_ENTRY_BYTES, wallOffset);
    if (entry !== null && (entry.sequence - 1n) % BigInt(capacity) === BigInt(place)) entries.push(entry);
  }
  entries.sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  const label = Buffer.from(file.subarray(56, 120)).toString("utf8");
  const end = label.indexOf("\0");
  return {
    qid: view.getUint16(20, true),
    label: end < 0 ? label : label.slice(0, end),
    pid: view.getUint32(48, true),
    capacity,
    entries,
  };
}

function decodeEntry(view: DataView, at: number, wallOffset: bigint): CmdlogEntry | null {
  const sequence = view.getBigUint64(at, true);
  if (sequence === 0n) return null;
  const flags = view.getUint32(at + 24, true);
  const done = (flags & CMDLOG_COMPLETED) !== 0;
  const sqe = at + 32;
  const cqe = at + 96;
  const cdw0 = view.getUint32(sqe, true);
  const status = view.getUint16(cqe + 14, true);
  return {
    sequence,
    submittedNs: view.getBigUint64(at + 8, true) + wallOffset,
    completedNs: done ? view.getBigUint64(at + 16, true) + wallOffset : null,
    outstanding: !done,
    local: (flags & CMDLOG_LOCAL) !== 0,
    worker: view.getUint32(at + 28, true),
    opcode: cdw0 & 0xff,
    cid: cdw0 >>> 16,
    nsid: view.getUint32(sqe + 4, true),
    cdw: [10, 11, 12, 13, 14, 15].map((n) => view.getUint32(sqe + n * 4, true)),
    slba: view.getBigUint64(sqe + 40, true),
    lbaCount: view.getBigUint64(at + 112, true),
    sct: done ? (status >>> 9) & 7 : 0,
    sc: done ? (status >>> 1) & 0xff : 0,
    dnr: done && (status & 0x8000) !== 0,
    cdw0: done ? view.getUint32(cqe, true) : 0,
  };
}
