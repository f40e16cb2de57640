/** What a software drive is made of. */
import type { ModelFault } from "./fault-spec";

/** What every namespace of a software drive can be told. */
interface ModelNamespace {
  /** A multiple of 4096. */
  capacityBytes: bigint;
  /** Default: true. */
  attached?: boolean;
  /** 32, 16 and 32 hex digits. */
  nguid?: string;
  eui64?: string;
  uuid?: string;
}

/** One with logical blocks. `protection`: type of the protection information, needs metadata of 8 bytes or more. */
export interface ModelNamespaceSpec extends ModelNamespace {
  lbaBytes: 512 | 4096;
  /** 8 with both LBA sizes, 16 and 64 with 4096. */
  metadataBytes?: 0 | 8 | 16 | 64;
  /** Metadata follow the data of each LBA in one buffer; else they have a buffer of their own. */
  extendedLba?: boolean;
  protection?: 0 | 1 | 2 | 3;
  /** The protection information is in the first bytes of the metadata instead of the last. */
  protectionFirst?: boolean;
  /** Of the LBA format; 32 and 64 with LBAs of 4096 bytes. Default 16. */
  guardBits?: 16 | 32 | 64;
  /**
   * STS: 512+8 bytes 16 and 4096+8 bytes 32, 4096+64 bytes 12 (guard of 16 bits); 4096+16 bytes 16, 32 and 64, 4096+64 bytes
   * 37 (32 bits); 4096+16 bytes 18 and 48, 4096+64 bytes 16 (64 bits). Default: 0, of a 32-bit guard 16.
   */
  storageTagBits?: number;
  /** LBSTM: bits of the storage tag that the drive compares; default: all. */
  storageMask?: bigint;
  zoned?: ModelZones;
  /**
   * Reclaim unit handles that its placement handles 0 and on stand for, on a drive that begins with Flexible Data Placement
   * (`fdp.enabled`); default: one that the drive chooses.
   */
  placementHandles?: number[];
}

/** One of the key value command set, at most 64 GiB. */
export interface ModelKeyValueNamespaceSpec extends ModelNamespace {
  keyValue: ModelKeyValue;
}

/** Limits of keys and values. Each value takes whole sectors of 512 bytes, 472 of them its own. */
export interface ModelKeyValue {
  /** 1 to 16, the default. */
  maxKeyBytes?: number;
  /** 1 to 1 MiB, the default; one command moves no more than MDTS. */
  maxValueBytes?: number;
  /** Default 0: as many as there is room for. */
  maxKeys?: number;
}

/** A zoned namespace: all zones have one size. */
export interface ModelZones {
  /** Of each zone, a multiple of the LBA size; at most 1024 zones. */
  zoneBytes: bigint;
  /** What can be written of each; default: all. */
  zoneCapacityBytes?: bigint;
  /** 0: no limit; default 8 and 12. */
  maxOpen?: number;
  maxActive?: number;
  /** Of each zone's descriptor extension: 0 (the default: none), 64, 128, 192 or 256. */
  extensionBytes?: number;
  /** Indexes of zones that are worn from the beginning. */
  readOnly?: number[];
  offline?: number[];
}

/** Type of a reclaim unit handle: what the drive moves stays with what was written by the same handle, or not. */
export type ReclaimIsolation = "initially-isolated" | "persistently-isolated";

/** A configuration of Flexible Data Placement (NVMe Base 2.1, figure 280). */
export interface ModelFdpConfiguration {
  /** 1 to 16; default 1. */
  reclaimGroups?: number;
  /** RGIF, bits of a placement identifier that are the reclaim group, at most 8; default: as many as it takes. */
  reclaimGroupBits?: number;
  /** Type of each, at most 32. */
  reclaimUnitHandles: ReclaimIsolation[];
  /** RUNS, a multiple of 4096 from 65 536 on; capacity and handles together may need at most 4095 reclaim units. */
  reclaimUnitBytes: bigint;
  /** ERUTL: how long a handle writes to one reclaim unit at most; default 0: no limit. */
  timeLimitSeconds?: number;
}

/** Flexible Data Placement of a drive of at most 64 GiB; log 20h lists up to 4 configurations. */
export interface ModelFdp {
  configurations: ModelFdpConfiguration[];
  /** Index of the one that the drive begins with; default: switched off, and namespaces must go before it is switched on. */
  enabled?: number | null;
}

/** With `nand` the times are those of one page of 16 KiB on one die, else of the whole command. */
export interface ModelLatency {
  readUs: number;
  writeUs: number;
  flushUs: number;
  jitterPercent: number;
  nand?: ModelNand | null;
}

/** Behaviour of NAND: writes go fast into an SLC region until it is full, then as slowly as the medium itself. */
export interface ModelNand {
  /** Each does one page at a time; pages are striped over them. */
  dies: number;
  slcBytes: number;
  /** Time of a page when the SLC region is full. */
  steadyWriteUs: number;
  /** In idle time so much of the SLC region is freed; default 0: only by format and sanitize. */
  foldBytesPerSecond?: number;
  /** In the steady state a die stands still for `collectUs` after so many bytes; default 0: never. */
  collectEveryBytes?: number;
  collectUs?: number;
  /** Heat by data moved; from `throttleC` on everything takes `throttlePercent` of its time. */
  thermal?: {
    ambientC?: number;
    throttleC: number;
    degreesPerGib: number;
    coolSeconds: number;
    throttlePercent?: number;
  } | null;
}

/**
 * `lose-all`; `keep-prefix`: the oldest commands survive; `reordered`: any of them; `torn`: the oldest sectors, so that a
 * command is torn unless it is atomic.
 */
export type ModelLossPolicy = "any" | "lose-all" | "keep-prefix" | "reordered" | "torn";

/** What a software drive is made of; written once into its file. */
export interface ModelDriveSpec {
  model: string;
  serial: string;
  firmware: string;
  /** Of namespace 1 where `namespaces` is not given. */
  nguid?: string;
  capacityBytes: bigint;
  /** Of namespace 1, which has the whole capacity, where `namespaces` is not given. */
  lbaBytes: 512 | 4096;
  /** nsid 1 and on; what they leave of the capacity is unallocated. */
  namespaces?: (ModelNamespaceSpec | ModelKeyValueNamespaceSpec)[];
  /** Valid nsids, at most 32; default 4 or as many as `namespaces` has. */
  maxNamespaces?: number;
  /** CAP.AMS: queue pairs can have a priority class. */
  weightedRoundRobin?: boolean;
  /**
   * The drive encrypts itself (TCG Opal SSC 2.01) and has security commands. `msid` is the first PIN of SID, `psid` what
   * its label says; both default to "ASSAY-MSID" and "ASSAY-PSID", 1 to 32 printable characters.
   */
  opal?: { msid?: string; psid?: string } | null;
  /** CTRATT.FDPS: Flexible Data Placement (TP4146) of the endurance group. */
  fdp?: ModelFdp | null;
  /** How long a Format NVM takes, ms. */
  formatMs?: number;
  /** Of all that is random in it: what a power cut leaves, jitter, identifiers. */
  seed: bigint;
  /** Writes are acknowledged before they are on the medium; a power cut takes them. */
  volatileCache: boolean;
  /** Bytes of volatile cache. */
  cacheBytes?: number;
  maxQpairs?: number;
  maxQueueEntries?: number;
  mdtsBytes?: number;
  /** From CC.EN = 1 to CSTS.RDY = 1, ms. */
  readyMs?: number;
  latency?: ModelLatency | null;
  /** What a power cut leaves of the volatile cache; default `any`: one of the others, or nothing is lost, by the seed. */
  lossPolicy?: ModelLossPolicy;
  /** LBAs of one write that a power cut leaves all old or all new (AWUPF); default 1. */
  awupfLbas?: number;
  /** LBAs of one write of which a read finds all or nothing (AWUN), at least `awupfLbas`, which is the default. */
  awunLbas?: number;
  faults?: ModelFault[];
}

/** What the switch of a software drive can be. */
export type ModelPower = "on" | "off";
