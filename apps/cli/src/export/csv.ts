/** CSV in long form: a line per value that was measured. The first twelve columns are those that product.md names. */
import { type MetricUnit, metricSpec, type StepKind } from "@assay/plans";
import type { ReportRecord } from "../api/report-lines";

const COLUMNS = "run,dut_serial,model,firmware,host,slot,plan,step,metric,unit,value,time,iteration,labels".split(",");

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

interface EventRecord {
  run: string;
  atMs: number;
  body: { type: string; path: string; iteration: number[] } & Record<string, unknown>;
}

export async function* longCsv(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  yield row(COLUMNS);
  let before: unknown[] = [];
  /** Kind of each step of the present run, by its path. */
  let kinds = new Map<string, StepKind>();
  for await (const record of records) {
    if (record.record === "run") {
      const dut = record.dut as { serial: string; model: string };
      before = [record.run, dut.serial, dut.model, record.firmwareAtStart, record.host, record.slot, record.plan];
      kinds = new Map();
    }
    if (record.record !== "event") continue;
    const { atMs, body } = record as unknown as EventRecord;
    if (body.type === "step-started") kinds.set(body.path, body.kind as StepKind);
    else if (body.type === "metrics") yield metrics(before, kinds.get(body.path), atMs, body);
    else if (body.type === "samples") yield samples(before, body);
  }
}

function metrics(before: unknown[], kind: StepKind | undefined, atMs: number, body: EventRecord["body"]): string {
  const labels = body.labels as Record<string, unknown>;
  return Object.entries(body.values as Record<string, unknown>)
    .map(([metric, value]) => {
      const unit = kind === undefined ? undefined : metricSpec(kind, metric)?.unit;
      return line(before, body, { metric, unit, value, atMs, labels });
    })
    .join("");
}

function samples(before: unknown[], body: EventRecord["body"]): string {
  return (body.samples as Record<string, number>[])
    .flatMap((sample) =>
      Object.entries(SAMPLED).map(([name, unit]) => {
        const labels = { worker: sample.worker, interval: sample.interval, intervalMs: sample.intervalMs };
        return line(before, body, { metric: `sample.${name}`, unit, value: sample[name], atMs: sample.atMs!, labels });
      }),
    )
    .join("");
}

interface Measured {
  metric: string;
  unit: string | undefined;
  value: unknown;
  atMs: number;
  labels: Record<string, unknown>;
}

function line(before: unknown[], { path, iteration }: EventRecord["body"], measured: Measured): string {
  const { metric, unit, value, atMs, labels } = measured;
  const named = Object.entries(labels).map(([name, label]) => `${name}=${label}`);
  const time = new Date(atMs).toISOString();
  return row([...before, path, metric, unit, value, time, iteration.join("."), named.join(" ")]);
}

function row(values: readonly unknown[]): string {
  return `${values.map(field).join(",")}\n`;
}

/** RFC 4180. */
function field(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
