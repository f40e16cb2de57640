import { METRICS, type MetricSpec } from "@assay/plans";
import { type CmdlogEntry, decodeCmdlog, nvmeCommandName, nvmeStatusName } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { Database } from "../platform/database";
import { type Page, toPage } from "../platform/page";
import { type BucketRow, latenciesOf } from "./latency";
import { readingQuery } from "./reading-query";

export interface MetricFilter {
  path?: string;
  metric?: string;
}
export type MetricKey = readonly [seq: number, metric: string, labels: string];
export type RollupKey = readonly [minute: string, path: string, worker: number];
export type SampleKey = readonly [seq: number, worker: number];

type Row = Record<string, unknown>;

/** What one run measured, from the rows. */
@Injectable()
export class RunResults {
  constructor(private readonly database: Database) {}

  async metrics(
    runId: string,
    { path, metric }: MetricFilter,
    after: MetricKey | null,
    limit: number,
  ): Promise<Page<Row>> {
    const key = after ?? [null, null, null];
    const rows = await this.database.query<Row & { seq: number; metric: string; labelsText: string }>(
      readingQuery("run-metrics"),
      [runId, ...key, path ?? null, metric ?? null, limit + 1],
    );
    return toPage(
      rows,
      limit,
      (row) => [row.seq, row.metric, row.labelsText],
      ({ value, flag, text, labelsText: _, ...row }) => ({
        ...row,
        value: value ?? flag ?? text,
        labels: row.labels ?? {},
        atMs: (row.at as Date).getTime(),
        at: undefined,
      }),
    );
  }

  async samples(runId: string, path: string | undefined, after: SampleKey | null, limit: number): Promise<Page<Row>> {
    const rows = await this.database.query<Row & { seq: number; worker: number }>(readingQuery("run-samples"), [
      ...[runId, after?.[0] ?? null, after?.[1] ?? null, path ?? null, limit + 1],
    ]);
    return toPage(rows, limit, (row) => [row.seq, row.worker], numbersOnly);
  }

  async latencies(runId: string, path: string | undefined, worker: number | undefined) {
    const rows = await this.database.query<BucketRow & Row>(readingQuery("run-histograms"), [
      ...[runId, path ?? null, worker ?? null],
    ]);
    return latenciesOf(rows);
  }

  async snapshots(
    runId: string,
    { of, path, raw }: { of?: string; path?: string; raw: boolean },
    after: number | null,
    limit: number,
  ): Promise<Page<Row>> {
    const rows = await this.database.query<Row & { seq: number; at: Date }>(readingQuery("run-snapshots"), [
      ...[runId, after, of ?? null, path ?? null, raw, limit + 1],
    ]);
    return toPage(
      rows,
      limit,
      (row) => [row.seq],
      ({ at, ...row }) => ({ ...row, atMs: at.getTime() }),
    );
  }

  async rollups(runId: string, path: string | undefined, after: RollupKey | null, limit: number): Promise<Page<Row>> {
    const rows = await this.database.query<Row & { minute: Date; path: string; worker: number }>(
      readingQuery("run-rollups"),
      [runId, ...(after ?? [null, null, null]), path ?? null, limit + 1],
    );
    return toPage(
      rows,
      limit,
      (row) => [row.minute.toISOString(), row.path, row.worker],
      ({ minute, ...row }) => ({
        ...Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === "bigint" ? Number(v) : v])),
        minute: minute.toISOString(),
      }),
    );
  }

  /** Drives that answered a command with this status. */
  async dutsByStatus(
    { sct, sc, opcode, firmware }: { sct: number; sc: number; opcode?: number; firmware?: string },
    limit: number,
  ): Promise<Row[]> {
    const rows = await this.database.query<Row & { since: Date; until: Date }>(readingQuery("duts-by-status"), [
      ...[sct, sc, opcode ?? null, firmware ?? null, limit],
    ]);
    return rows.map((row) => ({ ...row, since: row.since.toISOString(), until: row.until.toISOString() }));
  }

  /** Newest `last` commands of every queue, newest last. */
  async cmdlog(runId: string, last: number): Promise<{ queues: Row[] }> {
    const rows = await this.database.query<{ qid: number; label: string; receivedAt: Date; data: Buffer }>(
      readingQuery("run-cmdlog"),
      [runId],
    );
    return {
      queues: rows.map(({ qid, label, receivedAt, data }) => ({
        qid,
        label,
        receivedAt: receivedAt.toISOString(),
        entries: decodeCmdlog(data)
          .entries.slice(-last)
          .map((entry) => toCommand(qid, entry)),
      })),
    };
  }
}

/** Arrays of bigint arrive as texts; what a sample counts fits 2^53. */
function numbersOnly(row: Row): Row {
  const plain = (value: unknown) => (Array.isArray(value) ? value.map(Number) : value);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

export function toCommand(qid: number, entry: CmdlogEntry) {
  const { completedNs, submittedNs, opcode, sct, sc, local, outstanding } = entry;
  return {
    ...entry,
    command: nvmeCommandName(opcode, qid === 0 ? "admin" : "io"),
    status: outstanding ? null : nvmeStatusName(sct, sc, local),
    sequence: entry.sequence.toString(),
    submittedNs: submittedNs.toString(),
    completedNs: completedNs?.toString() ?? null,
    slba: entry.slba.toString(),
    lbaCount: entry.lbaCount.toString(),
    latencyUs: completedNs === null ? null : Number(completedNs - submittedNs) / 1000,
  };
}

/** What the registry says of a metric, whatever step kind emits it; null for one that it does not know. */
export function specOf(metric: string): MetricSpec | null {
  for (const kind of Object.values(METRICS) as Record<string, MetricSpec>[]) {
    if (Object.hasOwn(kind, metric)) return kind[metric]!;
  }
  return null;
}
