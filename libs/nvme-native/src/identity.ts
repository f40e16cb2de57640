/** What Identify tells, as values (NVM Express Base 2.0, 5.17). */

/** Identify Controller, the fields that Assay needs, plus the page itself. */
export interface ControllerIdentity {
  model: string;
  serial: string;
  firmware: string;
  vid: number;
  mdtsBytes: number;
  nn: number;
  oacs: number;
  oncs: number;
  vwc: boolean;
  sqesMin: number;
  nqn: string;
  version: number;
  /** Timeout of CC.EN transitions, CAP.TO, ms. */
  readyTimeoutMs: number;
  maxQpairs: number;
  maxQueueEntries: number;
  raw: Uint8Array;
}

export interface NamespaceIdentity {
  nsid: number;
  lbaCount: bigint;
  lbaBytes: number;
  metadataBytes: number;
  /** Metadata follow the data of each LBA in the same buffer. */
  extendedLba?: boolean;
  /** Type of the protection information (0: none), and whether it comes first in the metadata. */
  protection?: { type: number; first: boolean };
  capacityBytes: bigint;
  lbaFormats: { lbaBytes: number; metadataBytes: number }[];
  nguid: string | null;
  eui64: string | null;
  awupfLbas: number;
  raw: Uint8Array;
}
