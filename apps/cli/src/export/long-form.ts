/** Long form: a row per value that was measured. The first twelve columns are those that users of the product know. */
import { type MetricUnit, metricSpec, type StepKind } from "@assay/plans";
import type { ReportRecord } from "../api/report-lines";

export interface Measurement {
  run: string;
  dut_serial: string;
  model: string;
  firmware: string | null;
  host: string | null;
  slot: string | null;
  plan: string;
  /** Path of the step. */
  step: string;
  metric: string;
  /** Null where the registry of metrics knows none. */
  unit: MetricUnit | "ns" | null;
  value: number | boolean | string;
  time: Date;
  /** Of each enclosing repeat, zero-based, joined by dots. */
  iteration: string;
  /** `name=label`, joined by blanks. */
  labels: string;
}
type About = Pick<Measurement, "run" | "dut_serial" | "model" | "firmware" | "host" | "slot" | "plan">;

/** What samples carry, in which unit. */
const SAMPLED = {
  reads: "count",
  writes: "count",
  others: "count",
  errors: "count",
  readBytes: "B",
  writeBytes: "B",
  latencyAverageNs: "ns",
  latencyMaxNs: "ns",
} as const satisfies Record<string, MetricUnit | "ns">;

interface Event {
  atMs: number;
  body: { type: string; path: string; iteration: number[] } & Record<string, unknown>;
}

export async function* measurements(records: AsyncIterable<ReportRecord>): AsyncGenerator<Measurement> {
  let about: About | null = null;
  /** Kind of each step of the present run, by its path. */
  let kinds = new Map<string, StepKind>();
  for await (const record of records) {
    if (record.record === "run") {
      about = aboutRun(record);
      kinds = new Map();
    }
    if (record.record !== "event" || about === null) continue;
    const { atMs, body } = record as unknown as Event;
    if (body.type === "step-started") kinds.set(body.path, body.kind as StepKind);
    else if (body.type === "metrics") yield* metrics(about, kinds.get(body.path), atMs, body);
    else if (body.type === "samples") yield* samples(about, body);
  }
}

function aboutRun(record: ReportRecord): About {
  const { run, dut, firmwareAtStart, host, slot, plan } = record as unknown as Omit<About, "firmware"> & {
    dut: { serial: string; model: string };
    firmwareAtStart: string | null;
  };
  return { run, dut_serial: dut.serial, model: dut.model, firmware: firmwareAtStart, host, slot, plan };
}

function* metrics(about: About, kind: StepKind | undefined, atMs: number, body: Event["body"]): Generator<Measurement> {
  for (const [metric, value] of Object.entries(body.values as Record<string, Measurement["value"]>)) {
    const unit = (kind === undefined ? undefined : metricSpec(kind, metric)?.unit) ?? null;
    yield { ...about, ...place(body, body.labels as object), metric, unit, value, time: new Date(atMs) };
  }
}

function* samples(about: About, body: Event["body"]): Generator<Measurement> {
  for (const { worker, interval, intervalMs, atMs, ...sample } of body.samples as Record<string, number>[]) {
    const where = place(body, { worker, interval, intervalMs });
    for (const [name, unit] of Object.entries(SAMPLED)) {
      yield { ...about, ...where, metric: `sample.${name}`, unit, value: sample[name]!, time: new Date(atMs!) };
    }
  }
}

function place({ path, iteration }: Event["body"], labels: object) {
  const named = Object.entries(labels).map(([name, label]) => `${name}=${label}`);
  return { step: path, iteration: iteration.join("."), labels: named.join(" ") };
}
