/** Rows of one run, collected per table. The table of columns here is the counterpart of the telemetry migration. */
import type { Cell, RowSet } from "./copy-rows";

const PLACE = ["step_path", "iteration"];

/** Columns after those that say whose row it is. */
const TABLES = {
  run_event: ["seq", "epoch", "at", "received_at", "type", "body"],
  sample: [
    ...["seq", "worker", ...PLACE, "interval", "interval_ms", "at_ms", "reads", "writes", "others"],
    ...["read_bytes", "write_bytes", "errors", "latency_average_ns", "latency_max_ns"],
  ],
  histogram: ["seq", ...PLACE, "worker", "operation", "from_at", "to_at", "bucket_index", "bucket_count"],
  metric: [
    ...["seq", "dut_id", "plan_name", "model", "firmware", ...PLACE],
    ...["metric", "value", "flag", "text", "labels", "at"],
  ],
  effect: ["seq", "at", "phase", ...PLACE, "effect", "ok", "witness", "detail"],
  status: ["seq", ...PLACE, "opcode", "sct", "sc", "count", "first_at", "last_at"],
  snapshot: ["seq", "at", "kind", ...PLACE, '"of"', "fields", "raw"],
  miscompare: [
    ...["seq", "at", ...PLACE, "nsid", "lba", "kind", "byte_offset"],
    ...["expected_token", "got_token", "expected_lba", "got_lba", "expected", "got"],
  ],
} as const;
type TableName = keyof typeof TABLES;

/** These two are Prisma's, without partitions. */
const PLAIN: ReadonlySet<TableName> = new Set<TableName>(["snapshot", "miscompare"]);

export class RowCollector {
  private readonly byTable = new Map<TableName, Cell[][]>();

  constructor(private readonly whose: { day: string; runId: string }) {}

  add(table: TableName, cells: Cell[]): void {
    const { day, runId } = this.whose;
    const row = PLAIN.has(table) ? [runId, ...cells] : [day, runId, ...cells];
    const rows = this.byTable.get(table);
    if (rows === undefined) this.byTable.set(table, [row]);
    else rows.push(row);
  }

  sets(): RowSet[] {
    return [...this.byTable].map(([name, rows]) =>
      PLAIN.has(name)
        ? { table: `public.${name}`, columns: ["run_id", ...TABLES[name]], rows }
        : { table: `telemetry.${name}`, columns: ["day", "run_id", ...TABLES[name]], rows },
    );
  }
}

const LAST_MS = Date.UTC(9999, 11, 31);
/** An agent's clock can say anything; the database ends with the year 9999. */
export const momentText = (ms: number): string => new Date(Math.min(ms, LAST_MS)).toISOString();

const INTEGER_MAX = 2_147_483_647;
/** What does not fit a column of 32 bits is shown as its end; the event keeps the number. */
export function clampInteger(value: number): number;
export function clampInteger(value: number | null): number | null;
export function clampInteger(value: number | null): number | null {
  return value === null ? null : Math.max(-INTEGER_MAX, Math.min(value, INTEGER_MAX));
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const clean = (text: string) => text.replaceAll("\0", "\ufffd").replace(LONE_SURROGATE, "\ufffd");

/** A flat record as JSON that `jsonb` takes: it has no NUL and no half of a surrogate pair. */
export function jsonText(record: Record<string, string | number | boolean>): string {
  const entries = Object.entries(record).map(([key, value]) => [
    clean(key),
    typeof value === "string" ? clean(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}
