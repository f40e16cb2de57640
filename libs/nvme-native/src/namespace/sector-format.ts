/** What the sectors of a namespace look like, and whether a Format NVM changes it. Pure. */
import type { NamespaceIdentity } from "../controller/identity";

export interface SectorFormat {
  lbaBytes: number;
  metadataBytes: number;
  extendedLba: boolean;
  guardBits: number;
  storageTagBits: number;
  protection: number;
  protectionFirst: boolean;
}

/** Sectors as the namespace was identified with. */
export function sectorsOf(ns: NamespaceIdentity): SectorFormat {
  return {
    lbaBytes: ns.lbaBytes,
    metadataBytes: ns.metadataBytes,
    extendedLba: ns.extendedLba === true,
    guardBits: ns.protection?.guardBits ?? 16,
    storageTagBits: ns.protection?.storageTagBits ?? 0,
    protection: ns.protection?.type ?? 0,
    protectionFirst: ns.protection?.first === true,
  };
}

/**
 * Sectors after a Format NVM with this CDW10 (NVM Command Set 1.0, figure 99) has ended well; null when the namespace did
 * not tell of such an LBA format.
 */
export function sectorsAfter(ns: NamespaceIdentity, cdw10: number): SectorFormat | null {
  const format = ns.lbaFormats[(cdw10 & 0xf) | ((cdw10 >> 8) & 0x30)];
  if (format === undefined) return null;
  const protection = (cdw10 >> 5) & 7;
  return {
    lbaBytes: format.lbaBytes,
    metadataBytes: format.metadataBytes,
    guardBits: format.guardBits ?? 16,
    storageTagBits: format.storageTagBits ?? 0,
    extendedLba: format.metadataBytes > 0 && (cdw10 & 0x10) !== 0,
    protection,
    protectionFirst: protection !== 0 && (cdw10 & 0x100) !== 0,
  };
}

export function sameSectors(a: SectorFormat, b: SectorFormat | null): boolean {
  if (b === null) return false;
  const keys = ["lbaBytes", "metadataBytes", "extendedLba", "guardBits", "storageTagBits", "protection"] as const;
  return keys.every((key) => a[key] === b[key]) && (a.protection === 0 || a.protectionFirst === b.protectionFirst);
}
