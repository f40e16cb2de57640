/** Log pages 20h to 23h of Flexible Data Placement (NVMe Base 2.1, 5.1.12.1.28 to 31). The decoders are pure. */
import { field } from "../buffer/field";
import { bytes as checkBytes, U32 } from "../check";

const CONFIGURATIONS_HEAD_BYTES = 16;
const CONFIGURATION_BYTES = 64;
const HANDLE_BYTES = 4;
const USAGE_HEAD_BYTES = 8;
const STATISTICS_BYTES = 64;
const EVENT_BYTES = 64;
const ISOLATION = { 1: "initially-isolated", 2: "persistently-isolated" } as const;
const USES = ["unused", "host", "controller"] as const;
/** Figure 289 (ETYP). */
export const FDP_EVENTS = {
  reclaimUnitNotFullyWritten: 0x00,
  reclaimUnitTimeLimitExceeded: 0x01,
  controllerResetModifiedHandles: 0x02,
  invalidPlacementIdentifier: 0x03,
  mediaReallocated: 0x80,
  implicitlyModifiedHandle: 0x81,
} as const;
const PID_VALID = 1;
const NSID_VALID = 2;
const LOCATION_VALID = 4;
const LBA_VALID = 1;
const TIMESTAMP_MASK = (1n << 48n) - 1n;

export type FdpEventType = keyof typeof FDP_EVENTS;

/** FDP Configuration Descriptor (figure 280); its place in the list is the index that it is enabled by. */
export interface FdpConfiguration {
  /** false: it cannot be had now. */
  valid: boolean;
  volatileWriteCache: boolean;
  reclaimGroups: number;
  /** RGIF: upper bits of a placement identifier that are the reclaim group. */
  reclaimGroupBits: number;
  /** RUHT of each reclaim unit handle. */
  reclaimUnitHandles: ("initially-isolated" | "persistently-isolated" | "unknown")[];
  /** Most identifiers of one update of reclaim unit handles. */
  maxPlacementIdentifiers: number;
  maxNamespaces: number;
  /** RUNS. */
  reclaimUnitBytes: bigint;
  /** ERUTL; 0: not reported. */
  timeLimitSeconds: number;
}

const viewOf = (page: Uint8Array) => new DataView(page.buffer, page.byteOffset, page.byteLength);

/** Bytes that log 20h has (SZE). */
export function fdpConfigurationsBytes(page: Uint8Array): number {
  checkBytes("page", page, CONFIGURATIONS_HEAD_BYTES, U32);
  return viewOf(page).getUint32(4, true);
}

function configurationAt(page: Uint8Array, at: number, bytes: number): FdpConfiguration {
  const view = viewOf(page);
  const attributes = view.getUint8(at + 2);
  const told = view.getUint16(at + 8, true);
  const fit = Math.min(told, Math.floor((bytes - CONFIGURATION_BYTES) / HANDLE_BYTES));
  return {
    valid: (attributes & 0x80) !== 0,
    volatileWriteCache: (attributes & 0x10) !== 0,
    reclaimGroups: view.getUint32(at + 4, true),
    reclaimGroupBits: attributes & 0x0f,
    reclaimUnitHandles: Array.from({ length: fit }, (_, i) => {
      const type = page[at + CONFIGURATION_BYTES + i * HANDLE_BYTES]!;
      return ISOLATION[type as keyof typeof ISOLATION] ?? "unknown";
    }),
    maxPlacementIdentifiers: view.getUint16(at + 10, true) + 1,
    maxNamespaces: view.getUint32(at + 12, true),
    reclaimUnitBytes: view.getBigUint64(at + 16, true),
    timeLimitSeconds: view.getUint32(at + 24, true),
  };
}

/** Log 20h. The drive's counts and sizes are believed as far as the page goes. */
export function decodeFdpConfigurations(page: Uint8Array): FdpConfiguration[] {
  checkBytes("page", page, CONFIGURATIONS_HEAD_BYTES, U32);
  const view = viewOf(page);
  const told = view.getUint16(0, true) + 1;
  const configurations: FdpConfiguration[] = [];
  for (let at = CONFIGURATIONS_HEAD_BYTES; configurations.length < told && at + CONFIGURATION_BYTES <= page.length; ) {
    const bytes = view.getUint16(at, true);
    if (bytes < CONFIGURATION_BYTES) break;
    configurations.push(configurationAt(page, at, Math.min(bytes, page.length - at)));
    at += bytes;
  }
  return configurations;
}

/** Who has chosen a reclaim unit handle for a namespace. */
export type ReclaimUnitHandleUse = (typeof USES)[number] | "unknown";

/** Log 21h, by reclaim unit handle. */
export function decodeReclaimUnitHandleUsage(page: Uint8Array): ReclaimUnitHandleUse[] {
  checkBytes("page", page, USAGE_HEAD_BYTES, U32);
  const told = Math.min(viewOf(page).getUint16(0, true), Math.floor((page.length - USAGE_HEAD_BYTES) / 8));
  return Array.from({ length: told }, (_, i) => USES[page[USAGE_HEAD_BYTES + 8 * i]!] ?? "unknown");
}

/** Log 22h: bytes with metadata since Flexible Data Placement was enabled. */
export interface FdpStatistics {
  /** HBMW. */
  hostBytesWritten: bigint;
  /** MBMW: what the drive has moved is in it; by HBMW it is the write amplification. */
  mediaBytesWritten: bigint;
  /** MBE. */
  mediaBytesErased: bigint;
}

export function decodeFdpStatistics(page: Uint8Array): FdpStatistics {
  checkBytes("page", page, STATISTICS_BYTES, U32);
  return {
    hostBytesWritten: field(page, 15, 0),
    mediaBytesWritten: field(page, 31, 16),
    mediaBytesErased: field(page, 47, 32),
  };
}

/** An event of log 23h (figure 289); what the drive does not tell is null. */
export interface FdpEvent {
  type: FdpEventType | "unknown";
  code: number;
  /** Of an invalid one, as the host has sent it. */
  placementIdentifier: number | null;
  nsid: number | null;
  /** Of an invalid identifier, where the drive has written instead. */
  reclaimGroup: number | null;
  reclaimUnitHandle: number | null;
  /** Feature 0Eh at the event, ms. */
  timestampMs: bigint;
  /** Of `mediaReallocated`: how many logical blocks (0: not told; 65535 or more) and one of them. */
  moved?: { blocks: number; lba: bigint | null };
}

function eventAt(page: Uint8Array, at: number): FdpEvent {
  const view = viewOf(page);
  const code = view.getUint8(at);
  const flags = view.getUint8(at + 1);
  const names = Object.keys(FDP_EVENTS) as FdpEventType[];
  const type = names.find((name) => FDP_EVENTS[name] === code) ?? "unknown";
  const located = (flags & LOCATION_VALID) !== 0;
  const event: FdpEvent = {
    type,
    code,
    placementIdentifier: flags & PID_VALID ? view.getUint16(at + 2, true) : null,
    nsid: flags & NSID_VALID ? view.getUint32(at + 12, true) : null,
    reclaimGroup: located ? view.getUint16(at + 32, true) : null,
    reclaimUnitHandle: located ? view.getUint16(at + 34, true) : null,
    timestampMs: view.getBigUint64(at + 4, true) & TIMESTAMP_MASK,
  };
  if (type !== "mediaReallocated") return event;
  const lba = view.getUint8(at + 16) & LBA_VALID ? view.getBigUint64(at + 20, true) : null;
  return { ...event, moved: { blocks: view.getUint16(at + 18, true), lba } };
}

/** Log 23h, in the order in which the events happened. */
export function decodeFdpEvents(page: Uint8Array): FdpEvent[] {
  checkBytes("page", page, EVENT_BYTES, U32);
  const told = Math.min(viewOf(page).getUint32(0, true), Math.floor(page.length / EVENT_BYTES) - 1);
  return Array.from({ length: told }, (_, i) => eventAt(page, (1 + i) * EVENT_BYTES));
}
