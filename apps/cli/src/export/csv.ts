/** CSV in long form (RFC 4180). */
import type { ReportRecord } from "../api/report-lines";
import { type Measurement, measurements } from "./long-form";

const COLUMNS = [
  ...["run", "dut_serial", "model", "firmware", "host", "slot", "plan", "step", "metric", "unit", "value", "time"],
  ...["iteration", "labels"],
] as (keyof Measurement)[];

export async function* longCsv(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  yield row(COLUMNS);
  for await (const measurement of measurements(records)) yield row(COLUMNS.map((column) => measurement[column]));
}

const row = (values: readonly (string | number | boolean | Date | null)[]) => `${values.map(field).join(",")}\n`;

function field(value: string | number | boolean | Date | null): string {
  const text = value instanceof Date ? value.toISOString() : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
