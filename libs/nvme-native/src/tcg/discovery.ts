/** Level 0 discovery (TCG Storage Architecture Core Specification 2.01, 3.3.6; Opal SSC 2.01, 3.1.1). Pure. */
import { bytes as checkBytes, U32 } from "../check";
import { TcgMalformedError } from "./tokens";

const HEADER_BYTES = 48;
const DESCRIPTOR_BYTES = 4;
const FEATURE = { tper: 0x0001, locking: 0x0002, geometry: 0x0003, opal1: 0x0200, opal2: 0x0203 } as const;

export interface TcgDiscovery {
  /** Codes of all features, those without a name here too. */
  features: number[];
  locking: {
    supported: boolean;
    /** The Locking SP was activated. */
    enabled: boolean;
    /** A range is locked at this moment. */
    locked: boolean;
    mediaEncryption: boolean;
    shadowMbrEnabled: boolean;
    shadowMbrDone: boolean;
  } | null;
  geometry: { lbaBytes: number; alignmentLbas: bigint; lowestAlignedLba: bigint } | null;
  /** Null: the drive speaks of TCG, but not of Opal 2. */
  opal: {
    comId: number;
    comIds: number;
    admins: number;
    users: number;
    /** The PIN of SID is the MSID as the drive leaves the factory. */
    sidIsMsid: boolean;
  } | null;
}

/** @throws TcgMalformedError when lengths do not fit. */
export function decodeDiscovery(page: Uint8Array): TcgDiscovery {
  checkBytes("page", page, 0, U32);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (page.length < HEADER_BYTES) throw new TcgMalformedError(`discovery has ${page.length} bytes only`);
  const end = Math.min(page.length, view.getUint32(0) + 4);
  const found: TcgDiscovery = { features: [], locking: null, geometry: null, opal: null };
  for (let at = HEADER_BYTES; at + DESCRIPTOR_BYTES <= end; ) {
    const code = view.getUint16(at);
    const bytes = view.getUint8(at + 3);
    if (at + DESCRIPTOR_BYTES + bytes > end) throw new TcgMalformedError(`feature ${code.toString(16)}h is cut short`);
    found.features.push(code);
    const flags = bytes > 0 ? view.getUint8(at + 4) : 0;
    if (code === FEATURE.locking && bytes >= 1) {
      found.locking = {
        supported: (flags & 1) !== 0,
        enabled: (flags & 2) !== 0,
        locked: (flags & 4) !== 0,
        mediaEncryption: (flags & 8) !== 0,
        shadowMbrEnabled: (flags & 0x10) !== 0,
        shadowMbrDone: (flags & 0x20) !== 0,
      };
    } else if (code === FEATURE.geometry && bytes >= 28) {
      found.geometry = {
        lbaBytes: view.getUint32(at + 12),
        alignmentLbas: view.getBigUint64(at + 16),
        lowestAlignedLba: view.getBigUint64(at + 24),
      };
    } else if (code === FEATURE.opal2 && bytes >= 11) {
      found.opal = {
        comId: view.getUint16(at + 4),
        comIds: view.getUint16(at + 6),
        admins: view.getUint16(at + 9),
        users: view.getUint16(at + 11),
        sidIsMsid: view.getUint8(at + 13) === 0,
      };
    }
    at += DESCRIPTOR_BYTES + bytes;
  }
  return found;
}
