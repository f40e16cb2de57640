/**
 * What a plan is once it has been parsed and resolved. Every default is written out, every `$param`, `$dut.x` and
 * `$sheet.x` is bound; only `$steps.<id>.<metric>` and seeded `random` stay open until the runner meets them.
 * Units are fixed and stand last in the name: bytes, ms, percent (0..100). LBA counts are one-based.
 */

/** Effects on a drive that the host's own file must allow (promise 6). `reads` is always allowed for a listed drive. */
export type Effect = "writes" | "destroys-data" | "power-cycles";

/** A value known only while the run goes on. */
export type Draw = { random: { from: number; to: number } };
export type StepReference = { ref: string };
export type Late<T> = T | Draw | StepReference;

export type WorkerOperation =
  | "read"
  | "write"
  | "flush"
  | "compare"
  | "verify"
  | "writeZeroes"
  | "writeUncorrectable"
  | "deallocate";

export type ErrorAction = "stop" | "count" | "ignore" | "freeze";

interface StepBase {
  /** Stable over revisions; generated as `<kind>-<ordinal>` where the author gave none. */
  id: string;
}

export type SnapshotSource = "identify" | "smart" | "error-log" | "firmware-log" | "registers" | "link";
export interface SnapshotStep extends StepBase {
  kind: "snapshot";
  of: SnapshotSource[];
}

export interface IoWorkerStep extends StepBase {
  kind: "ioworker";
  nsid: number;
  /** Bytes of one I/O, or sizes with integer weights; null with `sequence`. */
  sizeBytes: number | { bytes: number; weight: number }[] | null;
  /** Share of I/Os with a random LBA, percent. */
  randomPercent: number;
  readPercent: number;
  /** Shares of operations that add up to 100; null: `readPercent` says it all. */
  operations: { operation: WorkerOperation; percent: number }[] | null;
  /** Replayed once, each command at its time. */
  sequence: { atUs: number; operation: WorkerOperation; lba: number; lbaCount: number }[] | null;
  /** Outstanding commands, exactly. */
  depth: number;
  /** Side-by-side workers of this description, each with its own qpair and a seed of its own. */
  workers: number;
  /** First byte and length of the region; length null means to the end of the namespace. */
  regionOffsetBytes: number;
  regionBytes: number | null;
  alignBytes: number | null;
  /** From one sequential I/O's place to the next; null: its size; negative: downwards. */
  stepBytes: number | null;
  /** 100 shares that add up to 10 000, one for each hundredth of the region. */
  distribution: number[] | null;
  pattern: { kind: "constant"; value: number } | { kind: "random"; compressPercent: number } | null;
  /** I/Os a second of one worker; null is unlimited. */
  iops: number | null;
  /** At least one of the three ends it, or `until`. */
  timeMs: number | null;
  ioCount: number | null;
  /** Sequential passes over the region. */
  passes: number | null;
  /** A Flush after every so many writes; null never. */
  flushEvery: number | null;
  verify: boolean;
  exclusive: boolean;
  skipUncorrectable: boolean;
  /** Class under weighted round robin, 0..3. */
  priority: number | null;
  polling: "busy" | "sleep" | null;
  until: "power-lost" | null;
  /**
   * What an error status does: stop the worker, count it, ignore it (it is expected), or freeze the drive for whoever
   * debugs its firmware: nothing is sent any more until an operator releases the run.
   */
  onError: ErrorAction;
  /** Single statuses that are treated otherwise. */
  onStatus: { sct: number; sc: number; action: ErrorAction }[];
  /** A freeze ends by itself after this time; null where nothing freezes. */
  freezeMs: number | null;
  /** Start this long after the enclosing `parallel` began. */
  afterMs: Late<number> | null;
  /** One sample per interval. */
  sampleMs: number;
}

export interface VerifyStep extends StepBase {
  kind: "verify";
  nsid: number;
  /** Id of the ioworker step whose written LBAs are read; null: the whole region below. */
  written: string | null;
  regionOffsetBytes: number;
  regionBytes: number | null;
  /** `exact`: every LBA holds its newest version; `durable-or-newer`: see plan-format.md "After a power loss". */
  rule: "exact" | "durable-or-newer";
}

export interface AssertStep extends StepBase {
  kind: "assert";
  /** `<step id>.<metric>` */
  metric: string;
  comparison: Comparison;
  message: string | null;
}

export interface AdminStep extends StepBase {
  kind: "admin";
  opcode: number;
  nsid: number;
  cdw10: number;
  cdw11: number;
  cdw12: number;
  cdw13: number;
  cdw14: number;
  cdw15: number;
  /** Bytes of the data buffer; 0 none. */
  dataBytes: number;
  direction: "none" | "from-device" | "to-device";
  /** The status that must come back, hexadecimal `sct/sc` such as `00/01`. */
  expect: { sct: number; sc: number };
}

export interface ResetStep extends StepBase {
  kind: "reset";
  /** CC.EN 1-0-1, NSSR, hot reset, function level reset. */
  scope: "controller" | "subsystem" | "pcie" | "flr";
  afterMs: Late<number> | null;
  /** The controller must be ready again within; null uses CAP.TO. */
  readyWithinMs: number | null;
}

export interface FormatStep extends StepBase {
  kind: "format";
  nsid: number;
  /** LBA data size after the format; null keeps the present one. */
  lbaBytes: number | null;
  metadataBytes: number;
  /** Metadata follow the data of each LBA in the same buffer. */
  extendedLba: boolean;
  /** Type of the protection information, 0 none. */
  protection: number;
  protectionFirst: boolean;
  /** Secure Erase Settings: none 0, user data 1, cryptographic 2. */
  secureErase: "none" | "user-data" | "crypto";
}

export interface PowerStep extends StepBase {
  kind: "power";
  action: "cut" | "restore" | "cycle";
  afterMs: Late<number> | null;
  /** Time without power, for `cycle`. */
  offMs: number;
  readyWithinMs: number | null;
}

export interface WaitStep extends StepBase {
  kind: "wait";
  forMs: Late<number>;
}

export type CaptureSource = "identify" | "smart" | "error-log" | "firmware-log" | "registers" | "cmdlog";
export interface CaptureStep extends StepBase {
  kind: "capture";
  of: CaptureSource[];
}

export interface Status {
  sct: number;
  sc: number;
}

export interface IoStep extends StepBase {
  kind: "io";
  nsid: number;
  operation: WorkerOperation | "copy";
  lba: number;
  lbaCount: number;
  /** Of a copy. */
  toLba: number | null;
  fua: boolean;
  /** 32-bit word that a write's data are made of, and a compare's. */
  value: number;
  expect: Status;
}

export interface SanitizeStep extends StepBase {
  kind: "sanitize";
  action: "block-erase" | "overwrite" | "crypto-erase" | "exit-failure";
  passes: number;
  pattern: number;
  invert: boolean;
  deallocate: boolean;
  withinMs: number;
}

export interface SelfTestStep extends StepBase {
  kind: "self-test";
  test: "short" | "extended";
  /** null: all namespaces. */
  nsid: number | null;
  withinMs: number;
}

export interface NamespaceStep extends StepBase {
  kind: "namespace";
  action: "create" | "delete" | "attach" | "detach";
  /** null for `create`. */
  nsid: number | null;
  /** Of `create`; null: all capacity that no namespace has. */
  bytes: number | null;
  /** Of `create`; null: that of LBA format 0. */
  lbaBytes: number | null;
  metadataBytes: number;
  protection: number;
  expect: Status;
}

export interface FirmwareStep extends StepBase {
  kind: "firmware";
  /** Name of a file in the host's folder of images; null: what is in the slot already. */
  image: string | null;
  /** Of the image, hexadecimal. */
  sha256: string | null;
  /** 0: the drive chooses. */
  slot: number;
  activate: "reset" | "now" | "none";
  /** null: the one that the drive asks for. */
  resetBy: ResetStep["scope"] | null;
  /** That the drive must tell when it is active. */
  revision: string | null;
  readyWithinMs: number | null;
  expect: Status;
}

export interface ZoneStep extends StepBase {
  kind: "zone";
  nsid: number;
  action: "report" | "open" | "close" | "finish" | "reset" | "offline" | "append";
  /** From 0; null: all. */
  zone: number | null;
  /** Of `append`. */
  lbaCount: number;
  value: number;
  expect: Status;
}

export interface RepeatStep extends StepBase {
  kind: "repeat";
  times: number;
  steps: ResolvedStep[];
}

export interface ParallelStep extends StepBase {
  kind: "parallel";
  steps: ResolvedStep[];
}

export type LeafStep =
  | SnapshotStep
  | IoWorkerStep
  | VerifyStep
  | AssertStep
  | AdminStep
  | ResetStep
  | FormatStep
  | PowerStep
  | WaitStep
  | CaptureStep
  | IoStep
  | SanitizeStep
  | SelfTestStep
  | NamespaceStep
  | FirmwareStep
  | ZoneStep;
export type ResolvedStep = LeafStep | RepeatStep | ParallelStep;
export type StepKind = ResolvedStep["kind"];

export type MetricValue = number | boolean | string;
export type Comparison = { operator: "eq" | "ne" | "lt" | "le" | "gt" | "ge"; value: MetricValue };
export type Statistic = "each" | "mean" | "min" | "max" | "sum" | "count" | "p50" | "p90" | "p99" | "last" | "first";

export interface Criterion {
  id: string;
  /** Id of the `repeat` whose iterations are judged one by one; null judges the run. */
  each: string | null;
  /** Two snapshot step ids: the metric is taken as after minus before. */
  delta: [string, string] | null;
  /** Full metric names, `<step id>.<metric>`; with `delta`, the metric inside the snapshots. All must hold. */
  metrics: string[];
  /** Labels that an observation must carry, for example `{worker: 0}`. */
  where: Record<string, MetricValue>;
  stat: Statistic;
  comparison: Comparison;
  requirement: string | null;
  /** `stop`: the runner stops at the first iteration that breaks it. */
  onViolation: "continue" | "stop";
  /** Verdict when it does not hold. */
  else: "failed" | "errored";
}

export interface PlanNeeds {
  power: "cut" | null;
  /** LBA data sizes in bytes that the DUT must offer. */
  lbaBytes: number[];
  /** Transports on which the plan makes sense; empty means all. */
  transports: string[];
  minCapacityBytes: number | null;
}

export interface OnFailure {
  hold: boolean;
  capture: CaptureSource[];
}

export interface ResolvedPlan {
  name: string;
  version: string;
  needs: PlanNeeds;
  effects: Effect[];
  isolation: "slot" | "host";
  runTimeoutMs: number;
  steps: ResolvedStep[];
  finally: ResolvedStep[];
  onFailure: OnFailure;
  criteria: Criterion[];
}

/** What the runner and the ingest feed to the evaluator: one number, where and when it was measured. */
export interface Observation {
  /** Step ids from the root, joined by `/`: `cut/io`. */
  path: string;
  /** Zero-based iteration of each enclosing repeat, outermost first. */
  iteration: number[];
  metric: string;
  value: MetricValue;
  labels: Record<string, MetricValue>;
}

export type CriterionOutcome = "passed" | "failed" | "errored";
export interface CriterionResult {
  id: string;
  /** Iteration of `each`, or null for the run. */
  iteration: number | null;
  outcome: CriterionOutcome;
  metric: string;
  /** The value that decided, or null where there was no data. */
  value: MetricValue | null;
  comparison: Comparison;
  /** How many observations went in. */
  inputs: number;
  requirement: string | null;
  reason: string;
  evaluatorVersion: number;
}

/** What `resolve` may refer to as `$dut.x`. */
export interface DutFacts {
  model: string;
  serial: string;
  firmware: string;
  capacityBytes: number;
  lbaBytes: number;
  lbaFormatsBytes: number[];
  transport: string;
  powerCut: boolean;
  [fact: string]: string | number | boolean | number[];
}

/** A model's data sheet: `$sheet.x`. */
export type DataSheet = Record<string, number | string | boolean>;

export interface Problem {
  message: string;
  line: number;
  column: number;
  /** `spec.steps[1].repeat.times` */
  path: string;
}
