import type { Command } from "commander";
import { answer } from "../api/connection";
import type { Cmdlog } from "../api/shapes";
import { renderTable } from "../output/table";
import { describeCommand } from "../show/describe-command";
import { formatNumber } from "../show/quantities";
import { findRunId } from "./find-run";
import { countOption, integerOption } from "./options";
import type { Session } from "./session";

/** Questions about what is stored: one run's commands, two firmwares. */
export function addResultVerbs(program: Command, session: Session): void {
  program
    .command("cmdlog")
    .description("the last commands that a drive received in a run, newest last")
    .argument("<run>", "id, or its beginning")
    .option("-n, --last <n>", "so many of each queue", countOption, 20)
    .option("--qid <n>", "only this queue (0 is the admin queue)", integerOption)
    .action((id: string, options: { last: number; qid?: number }) => showCmdlog(session, id, options));
  program
    .command("compare")
    .description("one metric of one plan on two firmwares")
    .requiredOption("--plan <name>", "the plan")
    .requiredOption("--metric <step.metric>", "for example mixed.iops")
    .requiredOption("--a <firmware>", "the reference")
    .requiredOption("--b <firmware>", "the other one")
    .action((query: { plan: string; metric: string; a: string; b: string }) => compare(session, query));
}

async function showCmdlog(
  session: Session,
  text: string,
  { last, qid }: { last: number; qid?: number },
): Promise<void> {
  const id = await findRunId(session.api(), text);
  const cmdlog = await answer(
    session.api().GET("/api/v1/runs/{id}/cmdlog", { params: { path: { id }, query: { last } } }),
  );
  const queues = qid === undefined ? cmdlog.queues : cmdlog.queues.filter((queue) => queue.qid === qid);
  session
    .printer()
    .thing({ ...cmdlog, queues }, () =>
      queues.length === 0 ? "no commands are kept of this run" : queues.map(queueText).join("\n\n"),
    );
}

function queueText(queue: Cmdlog["queues"][number]): string {
  const title = `queue ${queue.qid}${queue.qid === 0 ? " (admin)" : ""}${queue.label ? `, ${queue.label}` : ""}`;
  return [title, ...queue.entries.map((entry) => `  ${describeCommand(queue.qid, entry)}`)].join("\n");
}

async function compare(session: Session, query: { plan: string; metric: string; a: string; b: string }): Promise<void> {
  const result = await answer(session.api().GET("/api/v1/compare", { params: { query } }));
  const rows = result.models.flatMap((row) => [
    { model: row.model, firmware: query.a, side: row.a, change: null, better: row.better === "a" },
    { model: row.model, firmware: query.b, side: row.b, change: row.changePercent, better: row.better === "b" },
  ]);
  const unit = result.unit === null ? "" : ` (${result.unit})`;
  session.printer().thing(result, () =>
    rows.length === 0
      ? "nothing was measured on either firmware"
      : renderTable(
          [
            { title: "model", of: (row) => row.model },
            { title: "firmware", of: (row) => row.firmware },
            { title: "runs", of: (row) => row.side?.runs, align: "right" },
            { title: "drives", of: (row) => row.side?.duts, align: "right" },
            { title: `mean${unit}`, of: (row) => rounded(row.side?.mean), align: "right" },
            { title: "p10", of: (row) => rounded(row.side?.p10), align: "right" },
            { title: "median", of: (row) => rounded(row.side?.median), align: "right" },
            { title: "p90", of: (row) => rounded(row.side?.p90), align: "right" },
            {
              title: "change",
              of: (row) => (row.change === null ? null : `${row.change.toFixed(1)} %`),
              align: "right",
            },
            { title: "", of: (row) => (row.better ? "better" : " ") },
          ],
          rows,
        ),
  );
}

function rounded(value: number | undefined): string | undefined {
  return value === undefined ? undefined : formatNumber(value);
}
