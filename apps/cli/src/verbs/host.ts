import type { Command } from "commander";
import { answer } from "../api/connection";
import { takeItems } from "../api/pages";
import { renderFacts, renderTable } from "../output/table";
import { formatTime } from "../show/quantities";
import { countOption } from "./options";
import type { Session } from "./session";

export function addHostVerbs(program: Command, session: Session): void {
  const host = program.command("host").description("lab machines, one agent each");
  host
    .command("list")
    .description("all hosts, as they were last seen")
    .option("--limit <n>", "at most so many", countOption, 500)
    .action(({ limit }: { limit: number }) => listHosts(session, limit));
  host
    .command("show")
    .description("one host and its slots")
    .argument("<host>", "name or id")
    .action((id: string) => showHost(session, id));
  host
    .command("drain")
    .description("start no further run on it; running ones go on")
    .argument("<host>", "name or id")
    .option("-r, --reason <text>", "why")
    .action((id: string, { reason }: { reason?: string }) => moveHost(session, id, "drain", reason));
  host
    .command("undrain")
    .description("use it again")
    .argument("<host>", "name or id")
    .action((id: string) => moveHost(session, id, "undrain"));
}

async function listHosts(session: Session, atMost: number): Promise<void> {
  const api = session.api();
  const hosts = await takeItems(atMost, (cursor, limit) =>
    answer(api.GET("/api/v1/hosts", { params: { query: { cursor, limit } } })),
  );
  session.printer().list(
    hosts,
    [
      { title: "host", of: (row) => row.name },
      { title: "observed", of: (row) => row.observed },
      { title: "intent", of: (row) => row.intent },
      { title: "agent", of: (row) => row.agentVersion },
      { title: "last seen", of: (row) => formatTime(row.lastSeenAt) },
    ],
    "no host is enrolled yet; `assay agent enroll <name>` makes a token for one",
  );
}

async function showHost(session: Session, id: string): Promise<void> {
  const host = await answer(session.api().GET("/api/v1/hosts/{host}", { params: { path: { host: id } } }));
  session.printer().thing(host, () =>
    [
      renderFacts([
        ["host", host.name],
        ["observed", host.observed],
        ["intent", host.intent],
        ["agent", host.agentVersion],
        ["last seen", formatTime(host.lastSeenAt)],
        ["id", host.id],
      ]),
      renderTable(
        [
          { title: "slot", of: (slot) => slot.name },
          { title: "state", of: (slot) => slot.state },
          { title: "path", of: (slot) => `${slot.transport} ${slot.address}` },
          { title: "dut", of: (slot) => slot.dut },
          { title: "effects", of: (slot) => slot.effects.join(", ") },
          { title: "blocked because", of: (slot) => slot.blocked },
        ],
        host.slots,
      ),
    ].join("\n\n"),
  );
}

async function moveHost(session: Session, id: string, move: "drain" | "undrain", reason?: string): Promise<void> {
  const params = { path: { host: id } };
  const host = await answer(
    move === "drain"
      ? session.api().POST("/api/v1/hosts/{host}/drain", { params, body: { reason } })
      : session.api().POST("/api/v1/hosts/{host}/undrain", { params }),
  );
  session.printer().thing(host, () => `${host.name}: ${host.intent}`);
}
