/**
 * The one registry of metrics: what a step of each kind may say, in which unit, and which way is better.
 * Times are milliseconds (fractions allowed), sizes bytes, shares percent (0..100), as in resolved plans, so that a
 * criterion compares without converting. A metric that is not here cannot be emitted and cannot be judged.
 *
 * Labels: a step emits each metric once per execution without the label `worker` (for an ioworker: all its workers
 * together); an ioworker with `workers` > 1 emits it once more per worker with the label `worker` (zero-based). A
 * criterion sees labelled values only where its `where` names the label.
 */
import type { StepKind } from "./model";

export type MetricUnit = "ms" | "B" | "B/s" | "%" | "1/s" | "count" | "text" | "flag";
export type MetricDirection = "higher" | "lower" | "neutral";

export interface MetricSpec {
  unit: MetricUnit;
  /** Which way is better. */
  direction: MetricDirection;
  description: string;
}

const spec = (unit: MetricUnit, direction: MetricDirection, description: string): MetricSpec => ({
  unit,
  direction,
  description,
});

const ioworker = {
  iops: spec("1/s", "higher", "I/Os completed a second, reads and writes"),
  readIops: spec("1/s", "higher", "reads completed a second"),
  writeIops: spec("1/s", "higher", "writes completed a second"),
  throughput: spec("B/s", "higher", "bytes read and written a second"),
  latencyAverage: spec("ms", "lower", "mean latency of reads and writes"),
  latencyP50: spec("ms", "lower", "median latency of reads and writes"),
  latencyP90: spec("ms", "lower", "90th percentile of latency"),
  latencyP99: spec("ms", "lower", "99th percentile of latency"),
  latencyP999: spec("ms", "lower", "99.9th percentile of latency"),
  latencyP9999: spec("ms", "lower", "99.99th percentile of latency"),
  latencyMax: spec("ms", "lower", "longest latency"),
  latencyP99999: spec("ms", "lower", "99.999th percentile of latency"),
  latencyP999999: spec("ms", "lower", "99.9999th percentile of latency"),
  readLatencyP50: spec("ms", "lower", "median latency of reads"),
  readLatencyP99: spec("ms", "lower", "99th percentile of the latency of reads"),
  readLatencyP9999: spec("ms", "lower", "99.99th percentile of the latency of reads"),
  writeLatencyP50: spec("ms", "lower", "median latency of writes"),
  writeLatencyP99: spec("ms", "lower", "99th percentile of the latency of writes"),
  writeLatencyP9999: spec("ms", "lower", "99.99th percentile of the latency of writes"),
  commands: spec("count", "neutral", "commands completed, of every operation"),
  ignoredErrors: spec("count", "neutral", "error statuses that the plan ignores (`ignore`)"),
  skippedLbas: spec("count", "neutral", "LBAs left out because they were written uncorrectable"),
  errors: spec("count", "lower", "commands that came back with an error status while the drive had power"),
  miscompares: spec("count", "lower", "sectors read that were not what they must be"),
  reads: spec("count", "neutral", "reads completed"),
  writes: spec("count", "neutral", "writes completed"),
  flushes: spec("count", "neutral", "flushes completed"),
  readBytes: spec("B", "neutral", "bytes read"),
  writtenBytes: spec("B", "neutral", "bytes written"),
  checkedLbas: spec("count", "higher", "sectors read and checked against the verify table"),
  unknownLbas: spec("count", "neutral", "sectors read whose content nobody has recorded"),
  inFlight: spec("count", "neutral", "commands outstanding when the worker ended"),
  duration: spec("ms", "neutral", "time from the first submission to the last completion"),
} as const;

const verify = {
  violations: spec("count", "lower", "sectors that break the step's rule"),
  coverage: spec(
    "%",
    "higher",
    "share of the sectors to be checked that were checked; none where nothing was known of the region",
  ),
  checkedLbas: spec("count", "higher", "sectors checked"),
  unknownLbas: spec("count", "neutral", "sectors whose content nobody has recorded"),
  newest: spec("count", "neutral", "sectors not yet durable at the cut that hold their newest version"),
  older: spec("count", "neutral", "sectors not yet durable at the cut that hold an older allowed version"),
  readErrors: spec("count", "lower", "reads that came back with an error status"),
  duration: spec("ms", "neutral", "time of the sweep"),
} as const;

const snapshot = {
  "smart.criticalWarning": spec("count", "lower", "Critical Warning bits (02h, byte 0)"),
  "smart.compositeTemperature": spec("count", "lower", "Composite Temperature, kelvin"),
  "smart.availableSpare": spec("%", "higher", "Available Spare"),
  "smart.percentageUsed": spec("%", "lower", "Percentage Used, may exceed 100"),
  "smart.dataUnitsRead": spec("count", "neutral", "Data Units Read, thousands of 512 bytes"),
  "smart.dataUnitsWritten": spec("count", "neutral", "Data Units Written, thousands of 512 bytes"),
  "smart.hostReads": spec("count", "neutral", "Host Read Commands"),
  "smart.hostWrites": spec("count", "neutral", "Host Write Commands"),
  "smart.powerCycles": spec("count", "neutral", "Power Cycles (bytes 127:112)"),
  "smart.powerOnHours": spec("count", "neutral", "Power On Hours"),
  "smart.unsafeShutdowns": spec("count", "lower", "Unsafe Shutdowns (bytes 159:144)"),
  "smart.mediaErrors": spec("count", "lower", "Media and Data Integrity Errors (bytes 175:160)"),
  "smart.errorLogEntries": spec("count", "lower", "Number of Error Information Log Entries"),
  "errorLog.entries": spec("count", "lower", "entries read from the Error Information log (01h)"),
  "errorLog.newest": spec("count", "neutral", "Error Count of the newest entry, 0 when the log is empty"),
  "firmware.activeSlot": spec("count", "neutral", "slot of the running firmware (03h)"),
  "firmware.nextSlot": spec("count", "neutral", "slot that the next controller level reset activates, 0 none"),
  "firmware.revision": spec("text", "neutral", "revision of the running firmware"),
  "registers.cap": spec("text", "neutral", "Controller Capabilities, hexadecimal"),
  "registers.vs": spec("text", "neutral", "Version, hexadecimal"),
  "registers.cc": spec("text", "neutral", "Controller Configuration, hexadecimal"),
  "registers.csts": spec("text", "neutral", "Controller Status, hexadecimal"),
  "registers.ready": spec("flag", "higher", "CSTS.RDY"),
  "registers.fatal": spec("flag", "lower", "CSTS.CFS, controller fatal status"),
  "identify.model": spec("text", "neutral", "model number"),
  "identify.serial": spec("text", "neutral", "serial number"),
  "identify.firmware": spec("text", "neutral", "firmware revision"),
  "identify.namespaces": spec("count", "neutral", "active namespaces"),
  "identify.capacity": spec("B", "neutral", "capacity of namespace 1"),
  "identify.lbaSize": spec("B", "neutral", "LBA data size of namespace 1"),
  "identify.mdts": spec("B", "neutral", "largest transfer of one command"),
  "identify.volatileCache": spec("flag", "neutral", "a volatile write cache is present"),
  "link.speed": spec("text", "neutral", "current PCIe link speed, for example `16.0 GT/s`"),
  "link.width": spec("count", "higher", "current PCIe link width, lanes"),
  "link.maxSpeed": spec("text", "neutral", "highest PCIe link speed of drive and port"),
  "link.maxWidth": spec("count", "neutral", "largest PCIe link width of drive and port"),
  "link.atMax": spec("flag", "higher", "the link runs at its highest speed and width"),
} as const;

const completion = {
  sct: spec("count", "neutral", "Status Code Type"),
  sc: spec("count", "neutral", "Status Code"),
  cdw0: spec("count", "neutral", "command-specific result of the completion"),
  latency: spec("ms", "lower", "time from submission to completion"),
} as const;

/** Metrics of each step kind. Kinds that only arrange or record others have none. */
export const METRICS = {
  snapshot,
  ioworker,
  verify,
  assert: {},
  admin: completion,
  reset: {
    readyTime: spec("ms", "lower", "time from the start of the reset to CSTS.RDY = 1"),
    settled: spec("count", "neutral", "commands that the reset ended"),
  },
  format: { duration: spec("ms", "lower", "time of the Format NVM command") },
  power: {
    readyTime: spec("ms", "lower", "time from power-on to CSTS.RDY = 1 (restore and cycle)"),
    offTime: spec("ms", "neutral", "time without power (restore and cycle)"),
  },
  wait: {},
  capture: {},
  io: completion,
  sanitize: {
    duration: spec("ms", "lower", "time from the command to the end that log 81h tells"),
    status: spec(
      "count",
      "neutral",
      "SSTAT 2:0 of log 81h at the end: 1 sanitized, 3 failed, 4 sanitized, not deallocated",
    ),
  },
  "self-test": {
    duration: spec("ms", "lower", "time from the command to the end that log 06h tells"),
    result: spec("count", "lower", "result of the newest entry of log 06h, 0 without error"),
    segment: spec("count", "neutral", "the segment that failed, 0 none"),
  },
  namespace: { ...completion, nsid: spec("count", "neutral", "namespace id that the drive gave (`create`)") },
  firmware: {
    ...completion,
    downloadTime: spec("ms", "lower", "time of all Firmware Image Download commands"),
    readyTime: spec("ms", "lower", "time from the start of the activating reset to CSTS.RDY = 1"),
    activeSlot: spec("count", "neutral", "slot of the running firmware afterwards (03h)"),
    revision: spec("text", "neutral", "revision of the running firmware afterwards"),
  },
  zone: {
    ...completion,
    state: spec(
      "text",
      "neutral",
      "state of the zone afterwards, such as `empty`, `implicitlyOpened`, `full` (one zone)",
    ),
    written: spec(
      "count",
      "neutral",
      "LBAs below the write pointer afterwards, all of its capacity when full (one zone)",
    ),
    capacity: spec("count", "neutral", "LBAs that can be written (one zone)"),
    offset: spec("count", "neutral", "LBAs from the zone's start to where an `append` went"),
    zones: spec("count", "neutral", "zones of the namespace (all zones)"),
    empty: spec("count", "neutral", "zones in the state empty afterwards (all zones)"),
    opened: spec("count", "neutral", "zones opened, implicitly or explicitly (all zones)"),
    closed: spec("count", "neutral", "zones in the state closed (all zones)"),
    full: spec("count", "neutral", "zones in the state full (all zones)"),
    readOnly: spec("count", "lower", "zones in the state read only (all zones)"),
    offline: spec("count", "lower", "zones in the state offline (all zones)"),
  },
  repeat: { iterations: spec("count", "neutral", "iterations that were completed") },
  parallel: {},
} as const satisfies Record<StepKind, Record<string, MetricSpec>>;

/** Names that a step of this kind may emit: `MetricName<"verify">`. */
export type MetricName<K extends StepKind> = keyof (typeof METRICS)[K] & string;

/** The registry's line for a metric of a step kind, or null. */
export function metricSpec(kind: StepKind, metric: string): MetricSpec | null {
  const table: Record<string, MetricSpec> = METRICS[kind];
  return Object.hasOwn(table, metric) ? (table[metric] ?? null) : null;
}
