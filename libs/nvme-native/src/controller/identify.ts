/** Pure readers of Identify pages: Controller (NVMe Base 2.0 figure 275), Namespace (NVM Command Set 1.0 figure 97). */

import { GUARD_BITS, TUPLES, type TupleFormat } from "../namespace/protection-tuple";
import type { ControllerIdentity, NamespaceIdentity } from "./identity";

export const IDENTIFY_BYTES = 4096;
/** A drive that names no limit gets this one, bytes. */
const DEFAULT_TRANSFER_BYTES = 1024 * 1024;
/** PIF: the guard is told by the field QPIF (NVM Command Set 1.1). */
const QUALIFIED = 3;

function view(page: Uint8Array): DataView {
  return new DataView(page.buffer, page.byteOffset, page.byteLength);
}

function padded(page: Uint8Array, from: number, length: number): string {
  return Buffer.from(page.subarray(from, from + length))
    .toString("latin1")
    .replace(/[\0 ]+$/, "");
}

/** An identifier; zeroes are none. */
export function hexOrNull(page: Uint8Array, from: number, length: number): string | null {
  const part = page.subarray(from, from + length);
  return part.every((byte) => byte === 0) ? null : Buffer.from(part).toString("hex");
}

export interface HostFacts {
  version: number;
  /** CAP.MPSMIN page, bytes. */
  pageBytes: number;
  readyTimeoutMs: number;
  maxQpairs: number;
  maxQueueEntries: number;
  maxTransferBytes: number;
}

export function parseController(page: Uint8Array, host: HostFacts): ControllerIdentity {
  const at = view(page);
  const mdts = page[77]!;
  const drive = mdts === 0 ? DEFAULT_TRANSFER_BYTES : host.pageBytes * 2 ** Math.min(mdts, 20);
  const nqn = Buffer.from(page.subarray(768, 1024)).toString("utf8");
  const end = nqn.indexOf("\0");
  return {
    model: padded(page, 24, 40),
    serial: padded(page, 4, 20),
    firmware: padded(page, 64, 8),
    vid: at.getUint16(0, true),
    mdtsBytes: Math.min(drive, host.maxTransferBytes),
    nn: at.getUint32(516, true),
    oacs: at.getUint16(256, true),
    oncs: at.getUint16(520, true),
    vwc: (page[525]! & 1) === 1,
    sqesMin: 2 ** (page[512]! & 15),
    nqn: end < 0 ? nqn : nqn.slice(0, end),
    version: at.getUint32(80, true) || host.version,
    readyTimeoutMs: host.readyTimeoutMs,
    maxQpairs: host.maxQpairs,
    maxQueueEntries: host.maxQueueEntries,
    raw: page,
  };
}

/** CTRATT.ELBAS: there are extended LBA formats. */
export function hasExtendedFormats(controllerPage: Uint8Array): boolean {
  return (view(controllerPage).getUint32(96, true) & 0x8000) !== 0;
}

/** An extended LBA format (figure 119); a guard or a storage tag that there cannot be reads as the nearest that there can. */
function tupleFormat(word: number): Required<TupleFormat> {
  const format = (word >>> 7) & 3;
  const guardBits = GUARD_BITS[format === QUALIFIED ? (word >>> 9) & 15 : format] ?? 16;
  const [least, most] = TUPLES[guardBits].storageBits;
  return { guardBits, storageTagBits: Math.min(most, Math.max(least, word & 0x7f)) };
}

/** Index of the LBA format that the namespace has (FLBAS). */
function currentFormat(page: Uint8Array): number {
  return (page[26]! & 0x0f) | ((page[26]! & 0x60) >> 1);
}

/** The namespace has an LBA format that only hosts with LBAFEE may use: with a storage tag, a wide guard, or behind the list. */
export function needsExtendedFormats(page: Uint8Array, nvmPage: Uint8Array): boolean {
  const current = currentFormat(page);
  const { guardBits, storageTagBits } = tupleFormat(view(nvmPage).getUint32(12 + 4 * current, true));
  return current > page[25]! || guardBits !== 16 || storageTagBits !== 0;
}

/** `nvmPage`: Identify Namespace of the NVM command set (CNS 05h, figure 118), of a drive with extended LBA formats. */
export function parseNamespace(
  nsid: number,
  page: Uint8Array,
  controllerPage: Uint8Array,
  nvmPage: Uint8Array | null = null,
): NamespaceIdentity {
  const at = view(page);
  const formats = Math.min(page[25]! + 1, 64);
  const lbaFormats: NamespaceIdentity["lbaFormats"] = [];
  for (let i = 0; i < formats; i++) {
    const format = at.getUint32(128 + 4 * i, true);
    const tuple = nvmPage === null ? {} : tupleFormat(view(nvmPage).getUint32(12 + 4 * i, true));
    lbaFormats.push({ lbaBytes: 2 ** ((format >>> 16) & 0xff), metadataBytes: format & 0xffff, ...tuple });
  }
  const current = currentFormat(page);
  const format = lbaFormats[current] ?? { lbaBytes: 512, metadataBytes: 0 };
  const { guardBits, storageTagBits } = format;
  // Bits that are no part of the mask mean nothing.
  const mask = (page: Uint8Array) => BigInt.asUintN(storageTagBits ?? 0, view(page).getBigUint64(0, true));
  const tuple = nvmPage === null ? {} : { guardBits, storageTagBits, storageMask: mask(nvmPage) };
  const lbaCount = at.getBigUint64(0, true);
  // NSABP: the namespace has atomic sizes of its own; 0 among them is the controller's.
  const ownAtomic = (page[24]! & 2) !== 0;
  const namespaceAwupf = ownAtomic ? at.getUint16(36, true) : 0;
  const namespaceAwun = ownAtomic ? at.getUint16(34, true) : 0;
  const boundaryOf = (offset: number) => {
    const boundary = ownAtomic ? at.getUint16(offset, true) : 0;
    return boundary === 0 ? null : { lbas: boundary + 1, offsetLba: at.getUint16(42, true) };
  };
  return {
    nsid,
    lbaCount,
    lbaBytes: format.lbaBytes,
    metadataBytes: format.metadataBytes,
    extendedLba: format.metadataBytes > 0 && (page[26]! & 0x10) !== 0,
    protection: { type: page[29]! & 7, first: (page[29]! & 8) !== 0, ...tuple },
    capacityBytes: lbaCount * BigInt(format.lbaBytes),
    lbaFormats,
    nguid: hexOrNull(page, 104, 16),
    eui64: hexOrNull(page, 120, 8),
    awupfLbas: (namespaceAwupf || view(controllerPage).getUint16(528, true)) + 1,
    awunLbas: (namespaceAwun || view(controllerPage).getUint16(526, true)) + 1,
    atomicBoundary: boundaryOf(44),
    normalAtomicBoundary: boundaryOf(40),
    raw: page,
  };
}

/** nsids of a CNS 02h page. */
export function parseActiveList(page: Uint8Array): number[] {
  const at = view(page);
  const nsids: number[] = [];
  for (let i = 0; i < page.byteLength; i += 4) {
    const nsid = at.getUint32(i, true);
    if (nsid === 0) break;
    nsids.push(nsid);
  }
  return nsids;
}

/** Type of the descriptor that names the command set, and its bytes (NVMe Base 2.0, figure 277). */
const COMMAND_SET_DESCRIPTOR = 4;
const DESCRIPTOR_HEAD_BYTES = 4;

/** The command set that a CNS 03h page tells (CSI); null where it tells none. */
export function parseCommandSet(page: Uint8Array): number | null {
  for (let at = 0; at + DESCRIPTOR_HEAD_BYTES < page.byteLength && page[at] !== 0; ) {
    if (page[at] === COMMAND_SET_DESCRIPTOR) return page[at + DESCRIPTOR_HEAD_BYTES]!;
    at += DESCRIPTOR_HEAD_BYTES + page[at + 1]!;
  }
  return null;
}

/** Power cycles of a SMART page (log 02h, bytes 127:112), the low 64 bits. */
export function powerCyclesOf(smart: Uint8Array): bigint {
  return view(smart).getBigUint64(112, true);
}
