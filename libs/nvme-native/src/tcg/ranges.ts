/** The row of a locking range (TCG Storage Opal SSC 2.01, 4.3.5.2). Pure. */
import { big, flag, object, oneOf, refuse, U64 } from "../check";
import { TcgMalformedError, type TcgValue } from "./tokens";

export const RANGE_COLUMN = {
  start: 3,
  length: 4,
  readLockEnabled: 5,
  writeLockEnabled: 6,
  readLocked: 7,
  writeLocked: 8,
  lockOnReset: 9,
  activeKey: 10,
} as const;
const RESETS = ["powerCycle", "hardwareReset"] as const;

export type OpalReset = (typeof RESETS)[number];

export interface OpalRange {
  slba: bigint;
  /** 0: not in use. */
  lbaCount: bigint;
  readLockEnabled: boolean;
  writeLockEnabled: boolean;
  readLocked: boolean;
  writeLocked: boolean;
  lockOnReset: OpalReset[];
  activeKey: Uint8Array;
}

/** What is left out stays as it is. */
export type OpalRangeOptions = Partial<Omit<OpalRange, "activeKey">>;

const FLAGS = ["readLockEnabled", "writeLockEnabled", "readLocked", "writeLocked"] as const;

export function checkRange(options: OpalRangeOptions): OpalRangeOptions {
  const o = object<OpalRangeOptions>("options", options, ["slba", "lbaCount", ...FLAGS, "lockOnReset"]);
  if (o.slba !== undefined) big("slba", o.slba, 0n, U64);
  if (o.lbaCount !== undefined) big("lbaCount", o.lbaCount, 0n, U64);
  for (const key of FLAGS) if (o[key] !== undefined) flag(key, o[key]);
  if (o.lockOnReset !== undefined) {
    if (!Array.isArray(o.lockOnReset)) refuse(`lockOnReset must be an array of ${RESETS.join(" and ")}`);
    for (const reset of o.lockOnReset) oneOf("lockOnReset", reset, RESETS);
  }
  return o;
}

export function rangeCells(o: OpalRangeOptions): [number, TcgValue][] {
  const cells: [number, TcgValue][] = [];
  if (o.slba !== undefined) cells.push([RANGE_COLUMN.start, o.slba]);
  if (o.lbaCount !== undefined) cells.push([RANGE_COLUMN.length, o.lbaCount]);
  for (const key of FLAGS) if (o[key] !== undefined) cells.push([RANGE_COLUMN[key], o[key] ? 1 : 0]);
  if (o.lockOnReset !== undefined) {
    cells.push([RANGE_COLUMN.lockOnReset, o.lockOnReset.map((reset) => RESETS.indexOf(reset))]);
  }
  return cells;
}

/** @throws TcgMalformedError when a cell is missing or of another type */
export function rangeFacts(cells: Map<number, TcgValue>): OpalRange {
  const cell = (column: keyof typeof RANGE_COLUMN) => cells.get(RANGE_COLUMN[column]);
  const number = (column: keyof typeof RANGE_COLUMN) => {
    const value = cell(column);
    if (typeof value !== "number" && typeof value !== "bigint") throw new TcgMalformedError(`${column} is no number`);
    return BigInt(value);
  };
  const resets = cell("lockOnReset");
  const activeKey = cell("activeKey");
  if (!Array.isArray(resets) || !(activeKey instanceof Uint8Array)) {
    throw new TcgMalformedError("lockOnReset or activeKey is missing");
  }
  return {
    slba: number("start"),
    lbaCount: number("length"),
    readLockEnabled: number("readLockEnabled") === 1n,
    writeLockEnabled: number("writeLockEnabled") === 1n,
    readLocked: number("readLocked") === 1n,
    writeLocked: number("writeLocked") === 1n,
    lockOnReset: RESETS.filter((_, i) => resets.includes(i)),
    activeKey,
  };
}
