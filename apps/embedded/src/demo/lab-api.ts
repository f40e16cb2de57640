/** The few calls of the API that the lab makes, mapped to what it shows. */
import { type Api, answer, type DutItem, describeCommand, type RunItem, takeItems } from "@assay/cli";
import { DEMO_CAMPAIGN, DEMO_PLANS } from "./demo";
import type { DemoDut, DemoRun, Evidence } from "./facts";

const MOST_RUNS = 1000;
const MOST_DUTS = 500;
const MOST_CAMPAIGNS = 500;
/** Sectors and commands of a failed run that are shown. */
const SHOWN_MISCOMPARES = 3;
const SHOWN_COMMANDS = 5;
/** So many of each queue are searched for those that touched a differing sector. */
const READ_COMMANDS = 2048;

/** @returns a one-time token */
export async function enroll(api: Api, hostName: string): Promise<string> {
  return (await answer(api.POST("/api/v1/enrollments", { body: { hostName } }))).token;
}

export async function readDuts(api: Api): Promise<DemoDut[]> {
  const duts = await takeItems<DutItem>(MOST_DUTS, (cursor, limit) =>
    answer(api.GET("/api/v1/duts", { params: { query: { cursor, limit } } })),
  );
  return duts.map(({ serial, model, health, intent }) => ({ serial, model, health, intent }));
}

/** The first campaign of that name; null when this lab never ran it. */
export async function findDemo(api: Api): Promise<string | null> {
  const campaigns = await takeItems(MOST_CAMPAIGNS, (cursor, limit) =>
    answer(api.GET("/api/v1/campaigns", { params: { query: { cursor, limit } } })),
  );
  return campaigns.filter((campaign) => campaign.name === DEMO_CAMPAIGN).at(-1)?.id ?? null;
}

/** Twice the same key is one campaign: a lab that dies in between submits no second one. */
export async function submitDemo(api: Api): Promise<string> {
  const campaign = await answer(
    api.POST("/api/v1/campaigns", {
      headers: { "Idempotency-Key": "embedded-lab-demo" },
      body: {
        name: DEMO_CAMPAIGN,
        plans: DEMO_PLANS.map((plan) => ({ name: plan.name, parameters: plan.parameters })),
        select: { labels: { bench: "demo" } },
      },
    }),
  );
  return campaign.id;
}

/** Oldest first; all runs of the lab, or those of one campaign. */
export async function readRuns(api: Api, campaign?: string): Promise<DemoRun[]> {
  const runs = await takeItems<RunItem>(MOST_RUNS, (cursor, limit) =>
    answer(api.GET("/api/v1/runs", { params: { query: { campaign, cursor, limit } } })),
  );
  return runs
    .sort((a, b) => Date.parse(a.submittedAt) - Date.parse(b.submittedAt) || a.attempt - b.attempt)
    .map(toDemoRun);
}

function toDemoRun(run: RunItem): DemoRun {
  return {
    id: run.id,
    plan: run.plan,
    dut: run.dut.serial,
    model: run.dut.model,
    state: run.state,
    verdict: run.verdict,
    reason: run.state === "finished" ? run.reason : run.waitingReason,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    cause: run.attribution?.cause ?? null,
    rule: run.attribution?.rule ?? null,
  };
}

/** What is kept of a run: differing sectors, the commands that touched them, and the last ones of all I/O queues. */
export async function readEvidence(api: Api, id: string): Promise<Evidence> {
  const run = await answer(api.GET("/api/v1/runs/{id}", { params: { path: { id } } }));
  const cmdlog = await answer(
    api.GET("/api/v1/runs/{id}/cmdlog", { params: { path: { id }, query: { last: READ_COMMANDS } } }),
  );
  const commands = cmdlog.queues
    .filter((queue) => queue.qid !== 0)
    .flatMap((queue) => queue.entries.map((entry) => ({ qid: queue.qid, entry })))
    .sort((a, b) => (BigInt(a.entry.submittedNs) < BigInt(b.entry.submittedNs) ? -1 : 1));
  const line = ({ qid, entry }: (typeof commands)[number]) => `q${qid} ${describeCommand(qid, entry)}`;
  return {
    miscompares: firstOfEachLba(run.miscompares).map((miscompare) => ({
      ...miscompare,
      commands: commands
        .filter(({ entry }) => covers(entry, BigInt(miscompare.lba)))
        .slice(-SHOWN_COMMANDS)
        .map(line),
    })),
    commands: commands.slice(-SHOWN_COMMANDS).map(line),
  };
}

/** The same sector is found again by every reader that comes by. */
function firstOfEachLba<T extends { lba: string }>(miscompares: readonly T[]): T[] {
  const first = new Map<string, T>();
  for (const miscompare of miscompares) if (!first.has(miscompare.lba)) first.set(miscompare.lba, miscompare);
  return [...first.values()].slice(0, SHOWN_MISCOMPARES);
}

function covers({ slba, lbaCount }: { slba: string; lbaCount: string }, lba: bigint): boolean {
  return BigInt(slba) <= lba && lba < BigInt(slba) + BigInt(lbaCount);
}
