/** Parquet in long form: the rows of the CSV with types. What is no number stands in `text`, and its `value` is null. */
import type { BasicType } from "hyparquet-writer";
import type { ReportRecord } from "../api/report-lines";
import { type Measurement, measurements } from "./long-form";

/** Rows that are in memory at once. */
const ROWS_PER_GROUP = 50_000;

const text = (of: (row: Measurement) => string | null) => ({ type: "STRING" as BasicType, of });
const COLUMNS: Record<string, { type: BasicType; of: (row: Measurement) => unknown }> = {
  run: text(({ run }) => run),
  dut_serial: text(({ dut_serial }) => dut_serial),
  model: text(({ model }) => model),
  firmware: text(({ firmware }) => firmware),
  host: text(({ host }) => host),
  slot: text(({ slot }) => slot),
  plan: text(({ plan }) => plan),
  step: text(({ step }) => step),
  metric: text(({ metric }) => metric),
  unit: text(({ unit }) => unit),
  value: { type: "DOUBLE", of: ({ value }) => (typeof value === "string" ? null : Number(value)) },
  time: { type: "TIMESTAMP", of: ({ time }) => time },
  iteration: text(({ iteration }) => iteration),
  labels: text(({ labels }) => labels),
  text: text(({ value }) => (typeof value === "string" ? value : null)),
};

export async function* longParquet(
  records: AsyncIterable<ReportRecord>,
  rowsPerGroup = ROWS_PER_GROUP,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
  const bytes = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columnData([]) });
  const file = new ParquetWriter({ writer: bytes, schema, createdBy: "Assay" });
  const taken = () => {
    const part = bytes.getBytes().slice();
    bytes.index = 0;
    return part;
  };
  let rows: Measurement[] = [];
  for await (const row of measurements(records)) {
    if (rows.push(row) < rowsPerGroup) continue;
    file.write({ columnData: columnData(rows), rowGroupSize: rowsPerGroup });
    rows = [];
    yield taken();
  }
  if (rows.length > 0) file.write({ columnData: columnData(rows), rowGroupSize: rowsPerGroup });
  file.finish();
  yield taken();
}

function columnData(rows: readonly Measurement[]) {
  return Object.entries(COLUMNS).map(([name, { type, of }]) => ({ name, type, data: rows.map(of) }));
}
