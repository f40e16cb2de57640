import { statSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { type ReportRecord, readReport } from "../api/report-lines";
import { CommandError, exitCodes } from "../exit-codes";
import { REPORT_FORMATS, type ReportFormat, type ReportFormatName } from "../export/formats";
import { writeWhole } from "../export/write-whole";
import { findCampaignId, findRunId } from "./find-run";
import type { Session } from "./session";

/** Progress is told once in so many records. */
const TOLD_EVERY = 500;

interface ExportOptions {
  campaign?: true;
  format: ReportFormatName;
  to?: string;
}

export function addExportVerb(program: Command, session: Session): void {
  program
    .command("export")
    .description("all that is kept of a run or a campaign, as one document: to judge it elsewhere, or to repeat it")
    .argument("<run>", "id of a run, or its beginning; with --campaign a campaign (id or name)")
    .option("--campaign", "a campaign with all its runs")
    .addOption(
      new Option(
        "-f, --format <format>",
        "jsonl: all of it; csv, parquet: what was measured; junit, tap, ocp: verdicts",
      )
        .choices(Object.keys(REPORT_FORMATS))
        .default("jsonl"),
    )
    .option("--to <file>", "a file or folder, written whole or not at all; stdout without it")
    .action((name: string, options: ExportOptions) => exportReport(session, name, options));
}

async function exportReport(session: Session, name: string, { campaign, format, to }: ExportOptions): Promise<void> {
  const chosen: ReportFormat = REPORT_FORMATS[format];
  if (campaign && !chosen.ofSeveralRuns)
    throw new CommandError(exitCodes.usage, `${format} describes one run: export the runs of the campaign one by one`);
  if (to === undefined && chosen.isBinary && session.printer().showsResults)
    throw new CommandError(exitCodes.usage, `${format} is no text for a terminal: name a file or folder with --to`);
  const api = session.api();
  const id = await (campaign ? findCampaignId(api, name) : findRunId(api, name));
  const path = `/api/v1/${campaign ? "campaigns" : "runs"}/${id}/report`;
  const parts = chosen.write(told(session, readReport(session.address(), path)));
  if (to === undefined) {
    for await (const part of parts) await session.printer().part(part);
    return;
  }
  const file = isFolder(to) ? join(to, `${id}.${chosen.extension}`) : to;
  await writeWhole(file, parts);
  session.printer().remark(`wrote ${file}`);
}

async function* told(session: Session, records: AsyncIterable<ReportRecord>): AsyncGenerator<ReportRecord> {
  let read = 0;
  for await (const record of records) {
    if (++read % TOLD_EVERY === 0) session.printer().progress(`${read} records`);
    yield record;
  }
  session.printer().clearProgress();
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
