import type { ReportRecord } from "../api/report-lines";

/** All of it, as the server tells it: a record a line, `end` last. */
export async function* jsonLines(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}
