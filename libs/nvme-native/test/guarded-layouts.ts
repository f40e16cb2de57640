/** Sectors of the software drive with each guard, with and without storage tags and other metadata beside the tuple. */
import type { GuardBits } from "../src";

export interface Guarded {
  lbaBytes: 512 | 4096;
  metadataBytes: 8 | 16 | 64;
  guardBits: GuardBits;
  storageTagBits: number;
}

export const GUARDED: Guarded[] = [
  { lbaBytes: 4096, metadataBytes: 16, guardBits: 16, storageTagBits: 0 },
  { lbaBytes: 512, metadataBytes: 8, guardBits: 16, storageTagBits: 16 },
  { lbaBytes: 4096, metadataBytes: 8, guardBits: 16, storageTagBits: 32 },
  { lbaBytes: 4096, metadataBytes: 64, guardBits: 16, storageTagBits: 12 },
  { lbaBytes: 4096, metadataBytes: 16, guardBits: 32, storageTagBits: 16 },
  { lbaBytes: 4096, metadataBytes: 16, guardBits: 32, storageTagBits: 64 },
  { lbaBytes: 4096, metadataBytes: 64, guardBits: 32, storageTagBits: 37 },
  { lbaBytes: 4096, metadataBytes: 16, guardBits: 64, storageTagBits: 0 },
  { lbaBytes: 4096, metadataBytes: 16, guardBits: 64, storageTagBits: 18 },
  { lbaBytes: 4096, metadataBytes: 16, guardBits: 64, storageTagBits: 48 },
  { lbaBytes: 4096, metadataBytes: 64, guardBits: 64, storageTagBits: 16 },
];

export const guardedName = ({ lbaBytes, metadataBytes, guardBits, storageTagBits }: Guarded): string =>
  `${lbaBytes}+${metadataBytes} bytes, a guard of ${guardBits} bits, a storage tag of ${storageTagBits}`;
