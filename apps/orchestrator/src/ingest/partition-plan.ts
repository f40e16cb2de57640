/**
 * Which partitions the telemetry tables need and which may go: pure. Tables with many rows a day have a partition a
 * day, small ones that live for years a partition a month.
 */
export interface TelemetryTable {
  name: string;
  every: "day" | "month";
  /** Days after the run's claim until its rows may go. */
  keepDays: number;
}

const TEN_YEARS_DAYS = 3653;
export const TELEMETRY_TABLES: readonly TelemetryTable[] = [
  { name: "sample", every: "day", keepDays: 90 },
  { name: "sample_rollup", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "run_event", every: "day", keepDays: TEN_YEARS_DAYS },
  { name: "late_event", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "quarantined_event", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "metric", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "histogram", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "effect", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "status", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "cmdlog_segment", every: "month", keepDays: TEN_YEARS_DAYS },
  { name: "cmdlog_status", every: "month", keepDays: TEN_YEARS_DAYS },
];
/** Made ahead, so that midnight makes nothing. */
export const DAYS_AHEAD = 3;

export interface Partition {
  table: string;
  name: string;
  /** First day in it and first day after it, `YYYY-MM-DD`. */
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** The UTC date of a moment, `YYYY-MM-DD`. */
export const dayOf = (at: Date): string => iso(at.getTime());

/** The partition of `table` that holds `day`. */
export function partitionFor(table: TelemetryTable, day: string): Partition {
  const [year, month] = day.split("-").map(Number) as [number, number];
  const from = table.every === "day" ? Date.parse(`${day}T00:00:00Z`) : Date.UTC(year, month - 1, 1);
  const to = table.every === "day" ? from + DAY_MS : Date.UTC(year, month, 1);
  const suffix = table.every === "day" ? day.replaceAll("-", "") : day.slice(0, 7).replace("-", "");
  return { table: table.name, name: `${table.name}_${suffix}`, from: iso(from), to: iso(to) };
}

/** Partitions that must exist for the days from `now` on. */
export function partitionsAhead(now: Date, tables = TELEMETRY_TABLES): Partition[] {
  const wanted = new Map<string, Partition>();
  for (const table of tables) {
    for (let n = 0; n <= DAYS_AHEAD; n++) {
      const partition = partitionFor(table, iso(now.getTime() + n * DAY_MS));
      wanted.set(partition.name, partition);
    }
  }
  return [...wanted.values()];
}

/** Whether every day of a partition is older than its table keeps. */
export function isExpired(table: TelemetryTable, to: string, now: Date): boolean {
  return Date.parse(`${to}T00:00:00Z`) + table.keepDays * DAY_MS <= now.getTime();
}
