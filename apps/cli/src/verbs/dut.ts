import type { Command } from "commander";
import { type Api, answer } from "../api/connection";
import { takeItems } from "../api/pages";
import { renderFacts, renderTable } from "../output/table";
import { formatBytes, formatTime, shortId } from "../show/quantities";
import { countOption } from "./options";
import type { Session } from "./session";

const moves = {
  hold: "keep a drive as it is: powered, untouched, no further plan",
  release: "let a drive run plans again",
  quarantine: "take a drive out until somebody has looked at it",
} as const;

export function addDutVerbs(program: Command, session: Session): void {
  const dut = program.command("dut").description("drives under test");
  dut
    .command("list")
    .description("all drives, with what they are and where")
    .option("--limit <n>", "at most so many", countOption, 500)
    .action(({ limit }: { limit: number }) => listDuts(session, limit));
  dut
    .command("show")
    .description("one drive: identity, place, holds, recent runs")
    .argument("<dut>", "serial or id")
    .action((id: string) => showDut(session, id));
  for (const [move, description] of Object.entries(moves) as [keyof typeof moves, string][])
    dut
      .command(move)
      .description(description)
      .argument("<dut...>", "serials or ids")
      .requiredOption("-r, --reason <text>", "why; kept in the drive's history")
      .action((ids: string[], { reason }: { reason: string }) => moveDuts(session, ids, move, reason));
}

async function listDuts(session: Session, atMost: number): Promise<void> {
  const api = session.api();
  const duts = await takeItems(atMost, (cursor, limit) =>
    answer(api.GET("/api/v1/duts", { params: { query: { cursor, limit } } })),
  );
  session.printer().list(
    duts,
    [
      { title: "serial", of: (row) => row.serial },
      { title: "model", of: (row) => row.model },
      { title: "firmware", of: (row) => row.firmware },
      { title: "health", of: (row) => row.health },
      { title: "intent", of: (row) => row.intent },
      { title: "host", of: (row) => row.host },
      { title: "slot", of: (row) => row.slot },
      {
        title: "capacity",
        of: (row) => (row.capacityBytes === null ? null : formatBytes(row.capacityBytes)),
        align: "right",
      },
    ],
    "no drive was seen yet; an agent reports the drives of its host file",
  );
}

async function showDut(session: Session, id: string): Promise<void> {
  const dut = await answer(session.api().GET("/api/v1/duts/{dut}", { params: { path: { dut: id } } }));
  session.printer().thing(dut, () =>
    [
      renderFacts([
        ["serial", dut.serial],
        ["model", dut.model],
        ["firmware", dut.firmware],
        ["asset", dut.assetId],
        ["health", `${dut.health}${dut.healthReason ? ` (${dut.healthReason})` : ""}`],
        ["intent", `${dut.intent}${dut.intentReason ? ` (${dut.intentReason})` : ""}`],
        ["conflict", dut.conflict ?? undefined],
        ["host, slot", dut.host === null ? null : `${dut.host}, ${dut.slot}`],
        ["id", dut.id],
      ]),
      renderTable(
        [
          { title: "recent runs", of: (run) => shortId(run.id) },
          { title: "plan", of: (run) => run.plan },
          { title: "state", of: (run) => run.verdict ?? run.state },
          { title: "submitted", of: (run) => formatTime(run.submittedAt) },
        ],
        dut.runs,
      ),
    ].join("\n\n"),
  );
}

async function moveDuts(session: Session, ids: string[], move: keyof typeof moves, reason: string): Promise<void> {
  const moved = [];
  for (const id of ids) moved.push(await moveDut(session.api(), id, move, reason));
  session.printer().list(
    moved,
    [
      { title: "serial", of: (row) => row.serial },
      { title: "intent", of: (row) => row.intent },
      { title: "reason", of: (row) => row.intentReason },
    ],
    "no drive was named",
  );
}

function moveDut(api: Api, id: string, move: keyof typeof moves, reason: string) {
  const order = { params: { path: { dut: id } }, body: { reason } };
  if (move === "hold") return answer(api.POST("/api/v1/duts/{dut}/hold", order));
  if (move === "release") return answer(api.POST("/api/v1/duts/{dut}/release", order));
  return answer(api.POST("/api/v1/duts/{dut}/quarantine", order));
}
