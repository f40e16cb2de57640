/**
 * A report: everything that is kept of runs, as records, one after the other, so that any length of it can be written and
 * read in little memory. The last record is `end` with the number of the others by kind: a report without it is a part
 * of one.
 */

import { z } from "zod";
import { toWire } from "../fleet/fleet-views";
import type { Queryable } from "../platform/database";
import type { Page } from "../platform/page";
import { decodeCursor } from "../platform/page";
import { readRunEvents } from "../runs/run-events";
import type { RunsRepository } from "../runs/runs.repository";
import { type ReadingQuery, readingQuery } from "./reading-query";
import type { RollupKey, RunResults } from "./run-results.service";

/** Counted up when a reader of old reports would misread a new one. */
export const REPORT_VERSION = 1;
const ROWS_PER_READ = 500;
/** Of each queue; a recorder holds fewer. */
const ALL_COMMANDS = Number.MAX_SAFE_INTEGER;
const ROLLUP_KEY = z.tuple([z.iso.datetime(), z.string(), z.number()]);

/** A line of a report. `run` names the run that it belongs to, where it belongs to one. */
export type ReportRecord = { record: string; run?: string } & Record<string, unknown>;

export interface ReportSource {
  database: Queryable;
  runs: RunsRepository;
  results: RunResults;
}

interface ReportHead {
  at: Date;
  /** Release of Assay. */
  assay: string;
}

/** @throws Problem 404, before the first record. */
export async function runReport(source: ReportSource, runId: string, head: ReportHead) {
  await source.runs.view(runId);
  return withHeadAndEnd({ run: runId }, head, runRecords(source, runId));
}

/** @returns null where there is no such campaign. */
export async function campaignReport(source: ReportSource, campaignId: string, head: ReportHead) {
  const [campaign] = await ask(source, "campaign", [campaignId]);
  if (campaign === undefined) return null;
  return withHeadAndEnd({ campaign: campaignId }, head, campaignRecords(source, campaign));
}

async function* withHeadAndEnd(
  of: Record<string, string>,
  { at, assay }: ReportHead,
  records: AsyncIterable<ReportRecord>,
): AsyncGenerator<ReportRecord> {
  yield { record: "report", version: REPORT_VERSION, of, at: at.toISOString(), assay };
  const counts: Record<string, number> = {};
  for await (const one of records) {
    counts[one.record] = (counts[one.record] ?? 0) + 1;
    yield one;
  }
  yield { record: "end", counts };
}

async function* campaignRecords(source: ReportSource, campaign: Record<string, unknown>): AsyncGenerator<ReportRecord> {
  yield { ...toWire<object>(campaign), record: "campaign" };
  for (let key: unknown[] = [null, null, null, null]; ; ) {
    const rows = await ask(source, "campaign-runs", [campaign.id, ...key, ROWS_PER_READ]);
    for (const { id } of rows) yield* runRecords(source, String(id));
    const last = rows[rows.length - 1];
    if (last === undefined || rows.length < ROWS_PER_READ) return;
    key = [last.serial, last.ordinal, last.attempt, last.id];
  }
}

async function* runRecords(source: ReportSource, run: string): AsyncGenerator<ReportRecord> {
  // What is bounded in a run's view stands in records of its own, whole.
  const { criteria: _, miscompares: __, ...view } = await source.runs.detail(run);
  yield line("run", run, view);
  for (const plan of await ask(source, "run-plan", [run])) yield line("plan", run, plan);
  for (const dut of await ask(source, "run-dut", [run])) yield line("dut", run, toWire(dut));
  yield* criteria(source, run);
  for (const latency of await source.results.latencies(run, undefined, undefined)) yield line("latency", run, latency);
  yield* events(source, run);
  yield* rollups(source, run);
  const { queues } = await source.results.cmdlog(run, ALL_COMMANDS);
  for (const { qid, label, entries } of queues as { qid: number; label: string; entries: object[] }[])
    for (const entry of entries) yield line("command", run, { qid, label, ...entry });
}

async function* criteria(source: ReportSource, run: string): AsyncGenerator<ReportRecord> {
  for (let last: unknown = 0; ; ) {
    const rows = await ask(source, "run-criteria", [run, last, ROWS_PER_READ]);
    for (const { id, ...row } of rows) {
      yield line("criterion", run, toWire(row));
      last = id;
    }
    if (rows.length < ROWS_PER_READ) return;
  }
}

/** The journal as it came: steps, metrics, samples, histograms, snapshots, miscompares, effects. */
async function* events({ database }: ReportSource, run: string): AsyncGenerator<ReportRecord> {
  for (let last = 0; ; ) {
    const stored = await readRunEvents(database, run, last, ROWS_PER_READ);
    for (const event of stored) {
      yield line("event", run, event);
      last = event.seq;
    }
    if (stored.length < ROWS_PER_READ) return;
  }
}

async function* rollups({ results }: ReportSource, run: string): AsyncGenerator<ReportRecord> {
  for (let after: RollupKey | null = null; ; ) {
    const page: Page<Record<string, unknown>> = await results.rollups(run, undefined, after, ROWS_PER_READ);
    for (const item of page.items) yield line("rollup", run, item);
    if (page.nextCursor === null) return;
    after = decodeCursor(page.nextCursor, ROLLUP_KEY) as RollupKey;
  }
}

function line(record: string, run: string, fields: object): ReportRecord {
  return { record, run, ...fields };
}

function ask({ database }: ReportSource, query: ReadingQuery, values: unknown[]) {
  return database.query<Record<string, unknown>>(readingQuery(query), values);
}
