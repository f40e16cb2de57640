import type { Command } from "commander";
import { answer } from "../api/connection";
import { takeItems } from "../api/pages";
import type { Latency } from "../api/shapes";
import { exitCodeOf } from "../exit-codes";
import { describeRun } from "../show/describe-run";
import { formatTime, shortId } from "../show/quantities";
import { findRunId } from "./find-run";
import { countOption, type GivenLimit, limitOption } from "./options";
import type { Session } from "./session";

/** What a run measured and read, and whether it is kept for ever. */
export function addRunDataVerbs(run: Command, session: Session): void {
  run
    .command("latency")
    .description("latency percentiles of each step by operation, all workers together")
    .argument("<run>", "id, or its beginning")
    .option("--path <step>", "only this step")
    .action((id: string, options: { path?: string }) => showLatency(session, id, options.path));
  run
    .command("snapshots")
    .description("the drive's own pages as the run read them")
    .argument("<run>", "id, or its beginning")
    .option("--of <page>", "only these, for example smart")
    .option("--raw", "with the pages as they were read (-o json)")
    .option("--limit <n>", "at most so many", countOption, 100)
    .action((id: string, options: SnapshotOptions) => showSnapshots(session, id, options));
  run
    .command("attribute")
    .description("say who or what is to blame for a verdict; what was said before stays")
    .argument("<run>", "id, or its beginning")
    .argument("<cause>", "dut, firmware, test, slot, host, link, power, network, target, environment, ...")
    .requiredOption("-r, --reason <text>", "what speaks for it")
    .action((id: string, cause: string, { reason }: { reason: string }) => attribute(session, id, cause, reason));
  run
    .command("evaluate")
    .description("judge stored results by other limits; the verdict stays, the new one stands beside it")
    .argument("<run...>", "ids, or their beginnings")
    .option(
      "--limit <criterion=value>",
      "or `<criterion> <operator> <value>`, such as `p99 lt 5ms`; repeatable",
      limitOption,
    )
    .requiredOption("-r, --reason <text>", "why")
    .action((ids: string[], options: { limit?: GivenLimit[]; reason: string }) => evaluate(session, ids, options));
  run
    .command("pin")
    .description("keep what it measured for ever")
    .argument("<run...>", "ids, or their beginnings")
    .action((ids: string[]) => setPinned(session, ids, true));
  run
    .command("unpin")
    .description("let retention take what it measured")
    .argument("<run...>", "ids, or their beginnings")
    .action((ids: string[]) => setPinned(session, ids, false));
}

interface SnapshotOptions {
  of?: string;
  raw?: boolean;
  limit: number;
}

async function showLatency(session: Session, text: string, path: string | undefined): Promise<void> {
  const id = await findRunId(session.api(), text);
  const { items } = await answer(
    session.api().GET("/api/v1/runs/{id}/histograms", { params: { path: { id }, query: { path } } }),
  );
  const percentile = (name: keyof Latency["percentilesNs"], title: string) => ({
    title,
    of: (row: Latency) => microseconds(row.percentilesNs[name]),
    align: "right" as const,
  });
  session
    .printer()
    .list(
      items,
      [
        { title: "step", of: (row) => row.path },
        { title: "operation", of: (row) => row.operation },
        { title: "workers", of: (row) => row.workers, align: "right" },
        { title: "commands", of: (row) => row.count, align: "right" },
        percentile("p50", "p50 us"),
        percentile("p90", "p90"),
        percentile("p99", "p99"),
        percentile("p99_9", "p99.9"),
        percentile("p99_99", "p99.99"),
        percentile("p100", "max"),
      ],
      "no latencies are kept of this run",
    );
}

async function showSnapshots(
  session: Session,
  text: string,
  { of, raw, limit: atMost }: SnapshotOptions,
): Promise<void> {
  const api = session.api();
  const id = await findRunId(api, text);
  const wanted = { of, raw: raw === true ? ("true" as const) : undefined };
  const items = await takeItems(atMost, (cursor, limit) =>
    answer(api.GET("/api/v1/runs/{id}/snapshots", { params: { path: { id }, query: { ...wanted, cursor, limit } } })),
  );
  session.printer().list(
    items,
    [
      { title: "#", of: (row) => row.seq, align: "right" },
      { title: "at", of: (row) => formatTime(row.atMs) },
      { title: "step", of: (row) => row.path || row.kind },
      { title: "iteration", of: (row) => row.iteration.map((n) => n + 1).join(".") },
      { title: "of", of: (row) => row.of },
      {
        title: "fields",
        of: (row) =>
          Object.entries(row.fields)
            .map(([name, value]) => `${name}=${value}`)
            .join(" "),
      },
    ],
    "the run read nothing of this kind",
  );
}

async function attribute(session: Session, text: string, cause: string, reason: string): Promise<void> {
  const api = session.api();
  const id = await findRunId(api, text);
  // The words are a closed list; the server refuses others and says which there are.
  const body = { cause: cause as "dut", reason };
  const run = await answer(api.POST("/api/v1/runs/{id}/attributions", { params: { path: { id } }, body }));
  session.printer().thing(run, () => describeRun(run));
}

async function evaluate(
  session: Session,
  texts: string[],
  { limit = [], reason }: { limit?: GivenLimit[]; reason: string },
): Promise<void> {
  const api = session.api();
  const limits = Object.fromEntries(limit.map(({ criterion, operator, value }) => [criterion, { operator, value }]));
  const judged = [];
  for (const text of texts) {
    const id = await findRunId(api, text);
    const body = { limits, reason };
    const run = await answer(api.POST("/api/v1/runs/{id}/evaluations", { params: { path: { id } }, body }));
    judged.push({ ...run.evaluations.at(-1)!, run: run.id, dut: run.dut.serial, plan: run.plan, before: run.verdict });
  }
  session.printer().list(
    judged,
    [
      { title: "run", of: (row) => shortId(row.run) },
      { title: "plan", of: (row) => row.plan },
      { title: "dut", of: (row) => row.dut },
      { title: "verdict", of: (row) => row.before },
      { title: "by these limits", of: (row) => row.verdict },
      { title: "why", of: (row) => row.verdictReason },
    ],
    "no run was named",
  );
  session.setExitCode(exitCodeOf(judged.map(({ verdict }) => verdict)));
}

async function setPinned(session: Session, texts: string[], pinned: boolean): Promise<void> {
  const api = session.api();
  const runs = [];
  for (const text of texts) {
    const order = { params: { path: { id: await findRunId(api, text) } } };
    runs.push(
      await answer(pinned ? api.POST("/api/v1/runs/{id}/pin", order) : api.POST("/api/v1/runs/{id}/unpin", order)),
    );
  }
  session.printer().list(
    runs,
    [
      { title: "run", of: (row) => shortId(row.id) },
      { title: "plan", of: (row) => row.plan },
      { title: "dut", of: (row) => row.dut.serial },
      { title: "kept", of: (row) => (row.pinned ? "for ever" : "as retention says") },
    ],
    "no run was named",
  );
}

function microseconds(ns: number | null): string | null {
  return ns === null ? null : String(Number((ns / 1000).toPrecision(4)));
}
