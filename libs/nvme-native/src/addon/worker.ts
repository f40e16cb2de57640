/** Workers and sweeps as the addon is told of them; 0 and empty lists stand for what was not given. */

import type { ErrorAction } from "../worker/options";
import type { NativeDirection } from "./command";

/** Columns of the same length. */
export interface NativeSequence {
  atNs: BigUint64Array;
  opcode: Uint8Array;
  slba: BigUint64Array;
  lbas: Uint32Array;
}

export interface NativeWorkerOptions {
  worker: number;
  sizes: { lbas: number; weight: number; alignLbas?: number }[];
  /** Empty: `readPercent` and writes. */
  operations: {
    opcode: number;
    percent: number;
    /** CDW2, 3, 10 to 15. */
    cdw?: number[];
    /** These three: of an opcode that the core has no line for. */
    addressed?: boolean;
    data?: NativeDirection;
    dataBytes?: number;
  }[];
  sequence: NativeSequence | null;
  /** Empty: uniform. */
  distribution: number[];
  stepLbas: number | null;
  startLba?: bigint | null;
  randomPercent: number;
  readPercent: number;
  depth: number;
  regionStartLba: bigint;
  regionLbas: bigint;
  alignLbas: number;
  iops: number;
  timeMs: number;
  ioCount: number;
  passes: number;
  flushEvery: number;
  verify: boolean;
  exclusive: boolean;
  payload: { kind: "marked" | "constant" | "random"; word: number; zeroPercent: number };
  /** Command dwords 12 and 15, and tags (reference: of type 3); null: the drive makes and takes off its tuples. */
  protection?: {
    bits: number;
    cdw15: number;
    action: boolean;
    referenceTag: bigint;
    storageTag: bigint;
    storageMask: bigint;
  } | null;
  /** Empty: writes name none. */
  placement: { identifier: number; weight: number }[];
  skipUncorrectable: boolean;
  lastCommands: number;
  priority: number;
  spin: boolean;
  onError: ErrorAction;
  onStatus: { sct: number; sc: number; action: ErrorAction }[];
  seed: bigint;
  sampleMs: number;
  histogramMs: number;
}

export interface NativeVerifyOptions {
  rule: "exact" | "durable-or-newer";
  regionStartLba: bigint;
  regionLbas: bigint;
  written: boolean;
  depth: number;
}
