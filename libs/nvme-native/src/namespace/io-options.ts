/** What single NVM commands can be told. */

export interface IoFlags {
  fua?: boolean;
  limitedRetry?: boolean;
}

/** Protection information of a command (NVM Command Set 1.0, 5.3). */
export interface ProtectionOptions {
  /** PRACT: the drive makes the tuples of a write and takes them off a read (when the metadata have 8 bytes). */
  action?: boolean;
  /** PRCHK: what the drive compares. */
  check?: ("guard" | "application" | "reference")[];
  /** Of the first LBA; default: the low 32 bits of its address. */
  referenceTag?: number;
  applicationTag?: number;
  /** Bits of the application tag that are compared; default: all. */
  applicationMask?: number;
}

export interface TransferFlags extends IoFlags {
  /** Metadata of a namespace that keeps them apart, `metadataBytes` for each LBA; without it they are zeroes, or dropped. */
  metadata?: Uint8Array;
  /** Default on a protected namespace: `{ action: true }`. */
  protection?: ProtectionOptions;
}

export interface FormatOptions {
  /** Index into `NamespaceIdentity.lbaFormats`; `findLbaFormat` finds one by its sizes. */
  lbaFormat: number;
  /** SES: 0 none, 1 user data erase, 2 cryptographic erase; others are the drive's to refuse. */
  secureErase?: number;
  extendedLba?: boolean;
  /** Type of the protection information. */
  protection?: number;
  protectionFirst?: boolean;
  timeoutMs?: number;
}

export interface CopySource {
  slba: bigint;
  lbaCount: number;
}
