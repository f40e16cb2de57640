import type { Command } from "commander";
import { answer } from "../api/connection";
import { takeItems } from "../api/pages";
import type { Campaign } from "../api/shapes";
import { CommandError, exitCodes } from "../exit-codes";
import { renderFacts, renderTable } from "../output/table";
import { formatTime, shortId } from "../show/quantities";
import { findCampaignId } from "./find-run";
import {
  countOption,
  durationOption,
  type GivenParameter,
  integerOption,
  labelOption,
  listOption,
  parameterOption,
  parametersFor,
} from "./options";
import type { Session } from "./session";
import { waitForCampaign } from "./wait-for-runs";

/** More runs than one campaign has. */
const MOST_RUNS = 100_000;

interface Creation {
  plan: string[];
  label?: Record<string, string>;
  dut?: string[];
  parameter?: GivenParameter[];
  priority?: number;
  wait?: boolean;
  timeout?: number;
}

export function addCampaignVerbs(program: Command, session: Session): void {
  const campaign = program.command("campaign").description("plans x drives");
  campaign
    .command("create")
    .description("run plans, in the order given, on every drive that is selected")
    .argument("<name>")
    .requiredOption("--plan <name[@revision]>", "a plan; repeatable", listOption)
    .option("-l, --label <name=value>", "drives with this label; repeatable, all must match", labelOption)
    .option("--dut <dut>", "this drive (serial or id); repeatable", listOption)
    .option("-p, --parameter <[plan:]name=value>", "a parameter; repeatable", parameterOption)
    .option("--priority <n>", "higher runs first", integerOption)
    .option(
      "-w, --wait",
      "wait for all verdicts, or until what is left waits for a person; the worst decides the exit code",
    )
    .option("--timeout <duration>", "wait no longer", durationOption)
    .action((name: string, options: Creation) => createCampaign(session, name, options));
  campaign
    .command("list")
    .description("campaigns, newest first")
    .option("--limit <n>", "at most so many", countOption, 30)
    .action(({ limit }: { limit: number }) => listCampaigns(session, limit));
  campaign
    .command("show")
    .description("counts, verdicts, and the pairs that are not applicable with the reason")
    .argument("<campaign>", "name, id, or its beginning")
    .action((text: string) => showCampaign(session, text));
  for (const [move, description] of Object.entries(moves) as [Move, string][])
    campaign
      .command(move)
      .description(description)
      .argument("<campaign>", "name, id, or its beginning")
      .action((text: string) => moveCampaign(session, text, move));
}

const moves = {
  pause: "start no further run of it; running ones go on",
  resume: "go on with a paused one",
  cancel: "cancel what waits and what runs",
} as const;
type Move = keyof typeof moves;

async function createCampaign(session: Session, name: string, options: Creation): Promise<void> {
  const { plan, label, dut, parameter = [], priority, wait, timeout } = options;
  if (label === undefined && dut === undefined)
    throw new CommandError(exitCodes.usage, "which drives? give --label name=value or --dut serial");
  const plans = plan.map((text) => {
    const [planName = "", hash] = text.split("@");
    return { name: planName, hash, parameters: parametersFor(planName, parameter) };
  });
  const body = { name, plans, select: { labels: label, duts: dut }, priority };
  const campaign = await answer(session.api().POST("/api/v1/campaigns", { body }));
  session.printer().thing(campaign, () => describeCampaign(campaign));
  if (wait === true || timeout !== undefined) await waitForCampaign(session, campaign.id, timeout ?? null);
}

function runsOf(session: Session, campaign: string) {
  return takeItems(MOST_RUNS, (cursor, limit) =>
    answer(session.api().GET("/api/v1/runs", { params: { query: { campaign, cursor, limit } } })),
  );
}

async function listCampaigns(session: Session, atMost: number): Promise<void> {
  const api = session.api();
  const campaigns = await takeItems(atMost, (cursor, limit) =>
    answer(api.GET("/api/v1/campaigns", { params: { query: { cursor, limit } } })),
  );
  session.printer().list(
    campaigns,
    [
      { title: "campaign", of: (row) => shortId(row.id) },
      { title: "name", of: (row) => row.name },
      { title: "intent", of: (row) => row.intent },
      { title: "created", of: (row) => formatTime(row.createdAt) },
      { title: "ended", of: (row) => formatTime(row.endedAt) },
    ],
    "there is no campaign yet",
  );
}

async function showCampaign(session: Session, text: string): Promise<void> {
  const id = await findCampaignId(session.api(), text);
  const campaign = await answer(session.api().GET("/api/v1/campaigns/{id}", { params: { path: { id } } }));
  if (session.printer().format !== "table") return session.printer().thing(campaign, () => "");
  const runs = await runsOf(session, id);
  const table = renderTable(
    [
      { title: "run", of: (row) => shortId(row.id) },
      { title: "plan", of: (row) => row.plan },
      { title: "dut", of: (row) => row.dut.serial },
      { title: "verdict", of: (row) => row.verdict ?? row.state },
      { title: "why", of: (row) => row.reason ?? row.waitingReason },
    ],
    runs,
  );
  session.printer().thing(campaign, () => `${describeCampaign(campaign)}\n\n${table}`);
}

async function moveCampaign(session: Session, text: string, move: Move): Promise<void> {
  const api = session.api();
  const order = { params: { path: { id: await findCampaignId(api, text) } }, body: {} };
  const campaign = await answer(
    move === "pause"
      ? api.POST("/api/v1/campaigns/{id}/pause", order)
      : move === "resume"
        ? api.POST("/api/v1/campaigns/{id}/resume", order)
        : api.POST("/api/v1/campaigns/{id}/cancel", order),
  );
  session.printer().thing(campaign, () => `${campaign.name}: ${campaign.intent}`);
}

function describeCampaign(campaign: Campaign): string {
  const counts = Object.entries(campaign.counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`);
  const refused = campaign.notApplicable.map(({ plan, dut, reason }) => `not applicable: ${plan} on ${dut}: ${reason}`);
  return [
    renderFacts([
      ["campaign", campaign.id],
      ["name", campaign.name],
      ["intent", campaign.intent],
      ["plans", campaign.plans.map((plan) => plan.name).join(", ")],
      ["created", formatTime(campaign.createdAt)],
      ["ended", formatTime(campaign.endedAt)],
      ["runs", counts.join(", ") || "none"],
    ]),
    ...refused,
  ].join("\n");
}
