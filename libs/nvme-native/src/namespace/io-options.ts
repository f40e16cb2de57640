/** What single NVM commands can be told. */

/** Bits that are or-ed into a command; of `cdw12` the upper half alone, the lower one is its LBA count. */
export type CommandBits = { [word in "cdw2" | "cdw3" | "cdw12" | "cdw13" | "cdw14" | "cdw15"]?: number };

/** Of commands with an SLBA. */
export interface IoFlags {
  /** Bit 30 of CDW12: what is acknowledged is on the medium. */
  fua?: boolean;
  /** Bit 31 of CDW12. */
  limitedRetry?: boolean;
  /** What has no name here: hints (CDW13 7:0), a directive of a vendor (type CDW12 23:20, value CDW13 31:16). */
  cdw?: CommandBits;
}

/** Of commands that write without data of their own. */
export interface WriteFlags extends IoFlags {
  /** Placement identifier (Flexible Data Placement, NVMe Base 2.1, 8.1.10), see `placementIdentifier`; 0 to 65535. */
  placement?: number;
}

/** What a drive compares of a tuple: PRCHK, and STC for a storage tag. */
export type ProtectionCheck = "guard" | "application" | "reference" | "storage";

/** Protection information of a command (NVM Command Set 1.0, 5.3). */
export interface ProtectionOptions {
  /** PRACT: the drive makes the tuples of a write and takes them off a read (when the metadata are a tuple and no more). */
  action?: boolean;
  check?: ProtectionCheck[];
  /** Of the first LBA; default: the low bits of its address, as many as the LBA format's reference tag has. */
  referenceTag?: number | bigint;
  /** Of an LBA format that has one, as many bits as it has; default 0. What the drive compares of it the namespace says (LBSTM). */
  storageTag?: number | bigint;
  /** Of workers alone: bits of the storage tag that they compare; default: all. */
  storageMask?: number | bigint;
  applicationTag?: number;
  /** Bits of the application tag that are compared; default: all. */
  applicationMask?: number;
}

/** Of commands that move data. */
export interface TransferFlags extends IoFlags {
  /** A write belongs to this stream (streams directive, NVMe Base 2.0, 8.7.3); 1 to 65535. */
  stream?: number;
  /** As `WriteFlags.placement`; of writes alone, not with `stream`. */
  placement?: number;
  /** Metadata of a namespace that keeps them apart, `metadataBytes` for each LBA; without it they are zeroes, or dropped. */
  metadata?: Uint8Array;
  /** Default on a protected namespace: `{ action: true }`. */
  protection?: ProtectionOptions;
}

/** Of Zone Append. */
export interface AppendFlags extends TransferFlags {
  /**
   * PIREMAP: reference tags are those of the LBAs where the data land, though the command and its tuples have those of the
   * zone's start. Default: on protection of types 1 (which wants it) and 2.
   */
  remap?: boolean;
}

/** Format NVM (NVM Command Set 1.0, 4.1.3). */
export interface FormatOptions {
  /** Index into `NamespaceIdentity.lbaFormats`; `findLbaFormat` finds one by its sizes. */
  lbaFormat: number;
  /** SES: 0 none, 1 user data erase, 2 cryptographic erase; others are the drive's to refuse. */
  secureErase?: number;
  /** MSET: metadata follow the data of each LBA in one buffer. */
  extendedLba?: boolean;
  /** Type of the protection information. */
  protection?: number;
  /** PIL: the protection information is in the first bytes of the metadata. */
  protectionFirst?: boolean;
  /** Default 600 000. */
  timeoutMs?: number;
}

/** A range of Dataset Management (NVM Command Set 1.0, figure 41). */
export interface DatasetRange {
  slba: bigint;
  /** 0: the drive's to take or to refuse. */
  lbaCount: number;
  /** Context attributes, 32 bits; default 0. */
  attributes?: number;
}

/** What Dataset Management is about (CDW11); each defaults to false. */
export interface DatasetAttributes {
  /** AD: the ranges may be deallocated. */
  deallocate?: boolean;
  /** IDW, IDR: the ranges will be written, read, as a whole. */
  integralWrite?: boolean;
  integralRead?: boolean;
}

/** A source range of Copy, and on a protected namespace what its tuples must say where the drive compares them. */
export interface CopySource {
  slba: bigint;
  lbaCount: number;
  /** Default: the low bits of `slba`. */
  referenceTag?: number | bigint;
  storageTag?: number | bigint;
  applicationTag?: number;
  applicationMask?: number;
}

/** Of Copy (NVM Command Set 1.0, 3.2.2). */
export interface CopyFlags extends WriteFlags {
  /** Of what is written (PRINFOW); default on a protected namespace: the drive makes all tuples anew. */
  protection?: ProtectionOptions;
  /** What the drive compares as it reads (PRINFOR, STCR). */
  check?: ProtectionCheck[];
  /** Of the source ranges; default 1 where the guard has more than 16 bits, else 0. */
  descriptorFormat?: 0 | 1;
}
