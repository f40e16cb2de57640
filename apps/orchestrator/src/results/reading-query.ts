/** Reading queries stand in prisma/sql, one a file, each with its contract on top. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { APP_FOLDER } from "../platform/config";

const FOLDER = join(APP_FOLDER, "..", "..", "prisma", "sql");

export const READING_QUERIES = [
  "campaign",
  "campaign-runs",
  "compare-metric",
  "compare-verdicts",
  "duts-by-status",
  "run-cmdlog",
  "run-criteria",
  "run-dut",
  "run-histograms",
  "run-metrics",
  "run-plan",
  "run-rollups",
  "run-samples",
  "run-situation",
  "run-snapshots",
] as const;
export type ReadingQuery = (typeof READING_QUERIES)[number];

const texts = new Map<ReadingQuery, string>();

/** The text of a query; read once. */
export function readingQuery(name: ReadingQuery): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(join(FOLDER, `${name}.sql`), "utf8");
  texts.set(name, text);
  return text;
}
