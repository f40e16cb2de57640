/** What an ioworker tells while it runs and at its end. */
import type { Sample, SparseHistogram } from "@assay/protocol";
import type { NativeMiscompare } from "../namespace/miscompare";
import type { ErrorAction } from "./options";

/** `other`: everything but reads and writes. */
export type Operation = "read" | "write" | "other";

/**
 * `sample` at the end of each `sampleMs`, `histogram` each `histogramMs` (differences: they add up to the result's), ms
 * from the worker's start.
 */
export type IoWorkerEvent =
  | { type: "sample"; sample: Sample }
  | { type: "histogram"; operation: Operation; fromMs: number; toMs: number; buckets: SparseHistogram }
  | { type: "miscompare"; miscompare: NativeMiscompare }
  /** The controller stands still since the error of this command. */
  | { type: "frozen"; opcode: number; sct: number; sc: number; slba: bigint; lbaCount: number };

/** One opcode over a worker's whole life; latencies are those of `IoWorkerResult`. */
export interface OperationFigures {
  opcode: number;
  count: number;
  errors: number;
  /** Of its commands without error. */
  bytes: number;
  latencyAverageNs: number;
  latencyMaxNs: number;
  histogram: SparseHistogram;
  serviceHistogram: SparseHistogram;
}

/** One of a worker's newest commands. */
export interface CommandRecord {
  opcode: number;
  slba: bigint;
  lbaCount: number;
  /** CLOCK_BOOTTIME. */
  submittedNs: bigint;
  /** Null: the drive had not completed it; then `sct` 7 says why (0x82 cut off, 0x80 timed out). */
  completedNs: bigint | null;
  sct: number;
  sc: number;
}

/** Counts are of commands that have ended, errors included; times are ms, latencies ns. */
export interface IoWorkerResult {
  /** `done`: limits met; `stopped`: asked; `terminated`: reset, power loss or closed controller; `error`: stopped at an error status; `deadline`; `frozen`: at an error status, and released since. */
  end: "done" | "stopped" | "terminated" | "error" | "deadline" | "frozen";
  reads: bigint;
  writes: bigint;
  flushes: bigint;
  /** Of commands without error. */
  readBytes: bigint;
  writtenBytes: bigint;
  durationMs: number;
  /** One entry for each opcode and status; `firstMs` and `lastMs` are the time of day, ms since 1970. */
  errors: {
    opcode: number;
    sct: number;
    sc: number;
    count: number;
    firstMs: number;
    lastMs: number;
    action?: ErrorAction;
  }[];
  /** LBAs with wrong data; the first ones came as events. */
  miscompares: bigint;
  /** Sectors checked against the table, and sectors read whose table entry was unknown. */
  checkedLbas: bigint;
  unknownLbas: bigint;
  latencyAverageNs: number;
  latencyMaxNs: number;
  /** Latency from the intended submission (that of the rate control, where there is one). */
  histograms: Record<Operation, SparseHistogram>;
  /** Latency from the actual submission. */
  serviceHistograms: Record<Operation, SparseHistogram>;
  /** One entry for each opcode that the worker could send. */
  operations: OperationFigures[];
  /** The newest `lastCommands` in the order in which they ended; those that were outstanding at the end come last. */
  lastCommands: CommandRecord[];
  /** LBAs that `skipUncorrectable` left out. */
  skippedLbas: bigint;
  /** Commands outstanding when it ended. */
  inFlight: number;
  /** Completions that belonged to no command in flight (see `Controller.violations`). */
  protocolErrors?: number;
  /** See `VerifyResult`. */
  stalenessChecked?: boolean;
  /** CPU time of the worker's thread as a share of `durationMs`; 100 is one core. */
  cpuPercent: number;
}
