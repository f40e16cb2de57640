/** What a report can be written as: one line a format. */
import type { ReportRecord } from "../api/report-lines";
import { longCsv } from "./csv";
import { jsonLines } from "./json-lines";
import { junitXml } from "./junit";
import { ocpJsonLines } from "./ocp";
import { longParquet } from "./parquet";
import { tap14 } from "./tap";

export interface ReportFormat {
  extension: string;
  /** Whether several runs fit into one document. */
  ofSeveralRuns: boolean;
  /** Not text. */
  isBinary?: true;
  write(records: AsyncIterable<ReportRecord>): AsyncGenerator<string | Uint8Array>;
}

export const REPORT_FORMATS = {
  jsonl: { extension: "jsonl", ofSeveralRuns: true, write: jsonLines },
  csv: { extension: "csv", ofSeveralRuns: true, write: longCsv },
  parquet: { extension: "parquet", ofSeveralRuns: true, isBinary: true, write: longParquet },
  junit: { extension: "xml", ofSeveralRuns: true, write: junitXml },
  tap: { extension: "tap", ofSeveralRuns: true, write: tap14 },
  ocp: { extension: "ocp.jsonl", ofSeveralRuns: false, write: ocpJsonLines },
} as const satisfies Record<string, ReportFormat>;
export type ReportFormatName = keyof typeof REPORT_FORMATS;
