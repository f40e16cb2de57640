/** Zones as a drive reports them (ZNS Command Set 1.1, figures 12, 35 to 37). Pure. */
import { U64 } from "../check";
import { NvmeError } from "../nvme-error";

const STATES: Record<number, ZoneState> = {
  1: "empty",
  2: "implicitlyOpened",
  3: "explicitlyOpened",
  4: "closed",
  13: "readOnly",
  14: "full",
  15: "offline",
};
/** Zone Receive Action Specific field: which zones are reported. */
export const FILTERS = {
  all: 0,
  empty: 1,
  implicitlyOpened: 2,
  explicitlyOpened: 3,
  closed: 4,
  full: 5,
  readOnly: 6,
  offline: 7,
} as const;
/** Zone Send Action. */
export const ACTIONS = { close: 1, finish: 2, open: 3, reset: 4, offline: 5 } as const;

/** Zone attribute ZDEV. */
const EXTENSION_VALID = 0x80;
const DESCRIPTOR_BYTES = 64;

/** State of a zone (ZNS Command Set 1.1, 2.1.1.3). */
export type ZoneState = Exclude<keyof typeof FILTERS, "all">;

/** A zone as the drive describes it; addresses and lengths in LBAs. */
export interface Zone {
  slba: bigint;
  state: ZoneState;
  /** LBAs that can be written. */
  capacity: bigint;
  /** Null where there is none: full, read only, offline. */
  writePointer: bigint | null;
  /** Of an extended report; null: the zone has none. */
  extension?: Uint8Array | null;
}

/** What Identify says of all zones (ZNS Command Set 1.1, figure 48). */
export interface ZoneFacts {
  zoneLbas: bigint;
  /** Of each zone's descriptor extension; 0: the drive keeps none. */
  extensionBytes: number;
  zoneCount: number;
  /** Null: no limit. */
  maxOpen: number | null;
  maxActive: number | null;
}

/**
 * The zone descriptor at a byte offset of a report, with so many bytes of extension behind it. @throws ERR_UNSUPPORTED for a
 * state without a name
 */
export function zoneAt(view: DataView, at: number, extensionBytes = 0): Zone {
  const pointer = view.getBigUint64(at + 24, true);
  const state = STATES[view.getUint8(at + 1) >> 4];
  if (state === undefined)
    throw new NvmeError("ERR_UNSUPPORTED", `zone state ${view.getUint8(at + 1) >> 4} has no name`);
  return {
    slba: view.getBigUint64(at + 16, true),
    state,
    capacity: view.getBigUint64(at + 8, true),
    writePointer: pointer === U64 ? null : pointer,
    ...(extensionBytes === 0 ? {} : { extension: extensionAt(view, at, extensionBytes) }),
  };
}

function extensionAt(view: DataView, at: number, bytes: number): Uint8Array | null {
  if ((view.getUint8(at + 2) & EXTENSION_VALID) === 0) return null;
  return new Uint8Array(view.buffer, view.byteOffset + at + DESCRIPTOR_BYTES, bytes).slice();
}
