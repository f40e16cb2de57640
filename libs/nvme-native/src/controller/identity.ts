/** What Identify tells, as values (NVM Express Base 2.0, 5.17). */
import type { TupleFormat } from "../namespace/protection-tuple";

/** Identify Controller, the fields that Assay needs, plus the page itself. */
export interface ControllerIdentity {
  model: string;
  serial: string;
  firmware: string;
  vid: number;
  /** MDTS in bytes, or what the host moves at once where that is less. */
  mdtsBytes: number;
  /** Number of valid nsids. */
  nn: number;
  /** Optional admin and NVM commands, as the page has them. */
  oacs: number;
  oncs: number;
  /** There is a volatile write cache. */
  vwc: boolean;
  /** Bytes of a submission queue entry. */
  sqesMin: number;
  nqn: string;
  /** VER, or the register VS where the page has none: major version in bits 31:16, minor in 15:8. */
  version: number;
  /** Timeout of CC.EN transitions, CAP.TO, ms. */
  readyTimeoutMs: number;
  /** I/O queue pairs that the drive has granted. */
  maxQpairs: number;
  /** CAP.MQES + 1, or the host's limit where that is less; one fewer commands can be outstanding. */
  maxQueueEntries: number;
  /** The page, 4096 bytes; `field(raw, end, begin)` reads it as the specification prints it. */
  raw: Uint8Array;
}

/** Identify Namespace (NVM Command Set 1.0, figure 97) as it was when the object was opened. */
export interface NamespaceIdentity {
  nsid: number;
  /** NSZE. */
  lbaCount: bigint;
  /** Data and metadata of one LBA, bytes. */
  lbaBytes: number;
  metadataBytes: number;
  /** Metadata follow the data of each LBA in the same buffer. */
  extendedLba?: boolean;
  /**
   * Type of the protection information (0: none), and whether it comes first in the metadata; bits of its guard and of its
   * storage tag, and which of the latter the drive compares (LBSTM).
   */
  protection?: { type: number; first: boolean; storageMask?: bigint } & TupleFormat;
  /** lbaCount times lbaBytes; NVMCAP is `field(raw, 63, 48)`. */
  capacityBytes: bigint;
  /** By index, as Format NVM wants it. */
  lbaFormats: ({ lbaBytes: number; metadataBytes: number } & TupleFormat)[];
  /** Hex digits; null where the drive gives zeroes. */
  nguid: string | null;
  eui64: string | null;
  /** LBAs of one write that a power loss leaves all old or all new: NAWUPF, or AWUPF where the namespace says nothing. */
  awupfLbas: number;
  /** LBAs of one write of which a read that meets it finds all or nothing (AWUN or NAWUN); default: 1. */
  awunLbas?: number;
  /** As `atomicBoundary`, of what reads find (NABO, NABSN). */
  normalAtomicBoundary?: { lbas: number; offsetLba: number } | null;
  /** Writes across `offsetLba` and every `lbas` from there on may be torn by a power loss (NABO, NABSPF). */
  atomicBoundary?: { lbas: number; offsetLba: number } | null;
  /** The page, 4096 bytes. */
  raw: Uint8Array;
}
