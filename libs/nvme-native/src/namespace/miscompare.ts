/** What data verification finds. */

/** One LBA whose data are not what they must be. */
export interface NativeMiscompare {
  nsid: number;
  lba: bigint;
  kind:
    | "bit-error"
    | "wrong-lba"
    | "stale-version"
    | "torn-write"
    | "unexpected-zeroes"
    | "unexpected-data"
    | "uncorrectable"
    | "lost-write"
    /** The tuple of a sector; `expected` and `got` are its 8 or 16 bytes. */
    | "protection-information";
  /** Of the first wrong byte in the sector; null where none can be named. */
  byteOffset: number | null;
  /** The number of the write whose data had to be there, and of the one whose data are; null: none that is known. */
  expectedToken: bigint | null;
  gotToken: bigint | null;
  /** What LBA the sector must name, and what it names. */
  expectedLba: bigint | null;
  gotLba: bigint | null;
  /** Hex, at most 64 bytes around the first difference. */
  expected: string;
  got: string;
  /** The writes to this LBA that ended last, newest first, at most 8; also of earlier processes. */
  lastWrites?: LastWrite[];
}

/** A write to an LBA, as the table's log has it. */
export interface LastWrite {
  slba: bigint;
  lbaCount: number;
  opcode: number;
  qid: number;
  worker: number;
  /** `uncertain`: error or cut off; `unknown`: timed out, the drive may still write it. */
  end: "acknowledged" | "uncertain" | "unknown" | "not-sent";
  /** Of the first LBA, where a verifying worker wrote it. */
  token: bigint | null;
  /** Time of day, ms since 1970. */
  atMs: number;
}

/** Result of `Namespace.verify`, a sweep over a region or over the LBAs that a table knows. */
export interface VerifyResult {
  checkedLbas: bigint;
  unknownLbas: bigint;
  /** LBAs that break the rule. */
  violations: bigint;
  /**
   * Checked LBAs as a share of those that had to be checked, percent; null where nothing had to be, because the table knows
   * nothing of the region: then no violation is no proof.
   */
  coveragePercent: number | null;
  /** False: there is no table, so that a sector that is older than it should be was not noticed. */
  stalenessChecked?: boolean;
  /** The first 64. */
  miscompares: NativeMiscompare[];
  /** After a power loss, of the LBAs written and not flushed: how many hold the newest, an older, a torn version. */
  newest: bigint;
  older: bigint;
  /** Commands of the sweep that ended with an error status. */
  readErrors: bigint;
  durationMs: number;
}
