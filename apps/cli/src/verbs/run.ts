import type { Command } from "commander";
import { answer } from "../api/connection";
import { takeItems } from "../api/pages";
import type { RunItem } from "../api/shapes";
import { describeRun } from "../show/describe-run";
import { durationBetween, formatTime, shortId } from "../show/quantities";
import { findCampaignId, findRunId } from "./find-run";
import {
  countOption,
  durationOption,
  type GivenParameter,
  integerOption,
  parameterOption,
  parametersFor,
} from "./options";
import { addRunDataVerbs } from "./run-data";
import { showLogs } from "./run-logs";
import type { Session } from "./session";
import { waitForRuns } from "./wait-for-runs";

interface Waiting {
  wait?: boolean;
  timeout?: number;
}
interface Filters {
  campaign?: string;
  dut?: string;
  state?: string;
  verdict?: string;
  plan?: string;
  limit: number;
}
interface Submission extends Waiting {
  parameter?: GivenParameter[];
  revision?: string;
  seed?: string;
  priority?: number;
}

export function addRunVerbs(program: Command, session: Session): void {
  const run = program.command("run").description("one plan on one drive, once");
  run
    .command("submit")
    .description("run a plan on a drive")
    .argument("<plan>", "name of the plan")
    .argument("<dut>", "serial or id of the drive")
    .option("-p, --parameter <name=value>", "a parameter of the plan; repeatable", parameterOption)
    .option("--revision <hash>", "this revision and not the newest")
    .option("--seed <number>", "64-bit seed; drawn when it is not given")
    .option("--priority <n>", "higher runs first", integerOption)
    .option("-w, --wait", "wait for the verdict; it decides the exit code")
    .option("--timeout <duration>", "wait no longer", durationOption)
    .action((plan: string, dut: string, options: Submission) => submitRun(session, plan, dut, options));
  run
    .command("list")
    .description("runs, newest first")
    .option("--campaign <campaign>", "of this campaign (id or name)")
    .option("--dut <dut>", "on this drive")
    .option("--plan <name>", "of this plan")
    .option("--state <state>", "queued, assigned, running or finished")
    .option("--verdict <verdict>", "passed, failed, errored or aborted")
    .option("--limit <n>", "at most so many", countOption, 30)
    .action((filters: Filters) => listRuns(session, filters));
  run
    .command("show")
    .description("one run: state, verdict and why, criteria, what the data were, or why it waits")
    .argument("<run>", "id, or its beginning")
    .action((id: string) => showRun(session, id));
  run
    .command("logs")
    .description("what a run journalled")
    .argument("<run>", "id, or its beginning")
    .option("-f, --follow", "go on until the verdict")
    .action((id: string, { follow }: { follow?: boolean }) => showLogs(session, id, follow === true));
  run
    .command("wait")
    .description("wait for verdicts; the worst decides the exit code")
    .argument("<run...>", "ids, or their beginnings")
    .option("--timeout <duration>", "wait no longer (exit code 5)", durationOption)
    .action((ids: string[], options: Waiting) => waitFor(session, ids, options));
  run
    .command("cancel")
    .description("end a run soon and in order; its verdict is aborted")
    .argument("<run...>", "ids, or their beginnings")
    .option("-r, --reason <text>", "why")
    .action((ids: string[], options: { reason?: string }) => cancelRuns(session, ids, options.reason));
  run
    .command("release")
    .description("let a frozen drive go; its run ends with the verdict of its plan")
    .argument("<run>", "id, or its beginning")
    .requiredOption("-r, --reason <text>", "why")
    .option("-w, --wait", "wait for the verdict; it decides the exit code")
    .option("--timeout <duration>", "wait no longer", durationOption)
    .action((id: string, options: Waiting & { reason: string }) => releaseRun(session, id, options));
  run
    .command("retry")
    .description("the same plan on the same drive as a new run that names the first")
    .argument("<run>", "id, or its beginning")
    .option("-w, --wait", "wait for the verdict; it decides the exit code")
    .option("--timeout <duration>", "wait no longer", durationOption)
    .action((id: string, options: Waiting) => retryRun(session, id, options));
  addRunDataVerbs(run, session);
}

async function submitRun(session: Session, plan: string, dut: string, options: Submission): Promise<void> {
  const { parameter = [], revision, seed, priority } = options;
  const body = { plan, dut, hash: revision, parameters: parametersFor(plan, parameter), seed, priority };
  const run = await answer(session.api().POST("/api/v1/runs", { body }));
  await submitted(session, run, options);
}

async function retryRun(session: Session, text: string, options: Waiting): Promise<void> {
  const id = await findRunId(session.api(), text);
  const run = await answer(session.api().POST("/api/v1/runs/{id}/retry", { params: { path: { id } } }));
  await submitted(session, run, options);
}

async function releaseRun(session: Session, text: string, options: Waiting & { reason: string }): Promise<void> {
  const id = await findRunId(session.api(), text);
  const { reason } = options;
  const run = await answer(
    session.api().POST("/api/v1/runs/{id}/release", { params: { path: { id } }, body: { reason } }),
  );
  await submitted(session, run, options);
}

async function submitted(session: Session, run: { id: string }, { wait, timeout }: Waiting): Promise<void> {
  if (wait !== true && timeout === undefined) {
    session.printer().thing(run, () => run.id);
    return;
  }
  session.printer().remark(`run ${run.id}`);
  const [ended] = await waitForRuns(session, [run.id], timeout ?? null);
  session.printer().thing(ended, () => describeRun(ended!));
}

async function listRuns(session: Session, { campaign, limit: atMost, ...filters }: Filters): Promise<void> {
  const api = session.api();
  const campaignId = campaign === undefined ? undefined : await findCampaignId(api, campaign);
  const runs = await takeItems(atMost, (cursor, limit) =>
    answer(
      api.GET("/api/v1/runs", { params: { query: { ...asQuery(filters), campaign: campaignId, cursor, limit } } }),
    ),
  );
  session.printer().list(
    runs,
    [
      { title: "run", of: (row) => shortId(row.id) },
      { title: "plan", of: (row) => row.plan },
      { title: "dut", of: (row) => row.dut.serial },
      { title: "state", of: stateOf },
      { title: "verdict", of: (row) => row.verdict },
      { title: "attributed to", of: (row) => row.attribution?.cause },
      { title: "submitted", of: (row) => formatTime(row.submittedAt) },
      { title: "took", of: (row) => durationBetween(row.startedAt, row.finishedAt), align: "right" },
      { title: "why", of: (row) => row.reason ?? row.waitingReason },
    ],
    "no run matches",
  );
}

function stateOf({ state, contact, frozen }: RunItem): string {
  const stands = frozen !== null && frozen.releasedAt === null && state === "running";
  return [state, stands && "frozen", contact === "unreachable" && "unreachable"].filter(Boolean).join(", ");
}

/** The words of the API are a closed list; the server refuses others and says which there are. */
function asQuery({ dut, plan, state, verdict }: Omit<Filters, "campaign" | "limit">) {
  return {
    dut,
    plan,
    state: state as "queued" | undefined,
    verdict: verdict as "passed" | undefined,
  };
}

async function showRun(session: Session, text: string): Promise<void> {
  const id = await findRunId(session.api(), text);
  const run = await answer(session.api().GET("/api/v1/runs/{id}", { params: { path: { id } } }));
  session.printer().thing(run, () => describeRun(run));
}

async function waitFor(session: Session, texts: string[], { timeout }: Waiting): Promise<void> {
  const ids: string[] = [];
  for (const text of texts) ids.push(await findRunId(session.api(), text));
  const runs = await waitForRuns(session, ids, timeout ?? null);
  session.printer().list(
    runs,
    [
      { title: "run", of: (row) => shortId(row.id) },
      { title: "plan", of: (row) => row.plan },
      { title: "dut", of: (row) => row.dut.serial },
      { title: "verdict", of: (row) => row.verdict },
      { title: "why", of: (row) => row.reason },
    ],
    "no run was named",
  );
}

async function cancelRuns(session: Session, texts: string[], reason: string | undefined): Promise<void> {
  const api = session.api();
  const cancelled = [];
  for (const text of texts) {
    const id = await findRunId(api, text);
    cancelled.push(await answer(api.POST("/api/v1/runs/{id}/cancel", { params: { path: { id } }, body: { reason } })));
  }
  session.printer().list(
    cancelled,
    [
      { title: "run", of: (row) => shortId(row.id) },
      { title: "state", of: (row) => row.state },
      { title: "verdict", of: (row) => row.verdict },
    ],
    "no run was named",
  );
}
