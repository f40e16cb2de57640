/** From the records of a report to one judged run after the other, with the criteria that made its verdict. */
import type { ReportRecord } from "../api/report-lines";
import type { Run } from "../api/shapes";

export interface JudgedCriterion {
  criterion: string;
  iteration: number | null;
  outcome: "passed" | "failed" | "errored";
  metric: string;
  value: unknown;
  comparison: { operator: string; value: unknown };
  requirement: string | null;
  reason: string;
}

export interface JudgedRun {
  run: Omit<Run, "criteria" | "miscompares">;
  version: string;
  /** Of the verdict's own evaluation. */
  criteria: JudgedCriterion[];
}

/** A run is given out when its criteria are all read, before its journal. */
export async function* judgedRuns(records: AsyncIterable<ReportRecord>): AsyncGenerator<JudgedRun> {
  let judged: JudgedRun | null = null;
  for await (const record of records) {
    if (record.record === "run" || record.record === "end") {
      if (judged !== null) yield judged;
      judged = null;
    }
    if (record.record === "run") judged = { run: record as unknown as JudgedRun["run"], version: "", criteria: [] };
    if (judged === null) continue;
    if (record.record === "plan") judged.version = String(record.version);
    if (record.record === "criterion" && record.evaluation === 1)
      judged.criteria.push(record as unknown as JudgedCriterion);
  }
}

/** `data`, or `data #3` for its third iteration. */
export function criterionName({ criterion, iteration }: JudgedCriterion): string {
  return iteration === null ? criterion : `${criterion} #${iteration + 1}`;
}

/** `dut (rule criterion, confidence 60 %)`, or null where nobody is to blame. */
export function attributedTo({ attribution }: JudgedRun["run"]): string | null {
  if (attribution === null) return null;
  const by = attribution.rule === null ? `by ${attribution.person}` : `rule ${attribution.rule}`;
  return `${attribution.cause} (${by}, confidence ${Math.round(attribution.confidence * 100)} %)`;
}
