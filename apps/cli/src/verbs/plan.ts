import type { Command } from "commander";
import { answer } from "../api/connection";
import { takeItems } from "../api/pages";
import { ServerRefused } from "../api/server-errors";
import { CommandError, exitCodes } from "../exit-codes";
import { formatTime } from "../show/quantities";
import { countOption } from "./options";
import { readPlanFile, validatePlans } from "./plan-validate";
import type { Session } from "./session";

export function addPlanVerbs(program: Command, session: Session): void {
  const plan = program.command("plan").description("test plans");
  plan
    .command("validate")
    .description("check plan files without a server; lists every problem with line and column")
    .argument("<file...>", "YAML files, or - for stdin")
    .action((files: string[]) => validatePlans(files, session.printer()));
  plan
    .command("push")
    .description("give plans to the server; equal content is the same revision")
    .argument("<file...>", "YAML files, or - for stdin")
    .action((files: string[]) => pushPlans(session, files));
  plan
    .command("list")
    .description("the newest revision of each plan")
    .option("--limit <n>", "at most so many", countOption, 100)
    .action(({ limit }: { limit: number }) => listPlans(session, limit));
  plan
    .command("show")
    .description("a plan's source and revisions")
    .argument("<name>")
    .option("--revision <hash>", "this revision and not the newest")
    .action((name: string, { revision }: { revision?: string }) => showPlan(session, name, revision));
}

async function pushPlans(session: Session, files: string[]): Promise<void> {
  const printer = session.printer();
  const pushed = [];
  for (const file of files) {
    const source = readPlanFile(file);
    try {
      pushed.push(await answer(session.api().POST("/api/v1/plans", { body: { source } })));
    } catch (error) {
      if (!(error instanceof ServerRefused) || error.problems.length === 0) throw error;
      const lines = error.problems.map(
        ({ line, column, message }) => `${file}:${line ?? 1}:${column ?? 1}  ${message}`,
      );
      throw new CommandError(exitCodes.usage, `${file} was not accepted`, lines);
    }
  }
  printer.list(
    pushed,
    [
      { title: "plan", of: (row) => row.name },
      { title: "version", of: (row) => row.version },
      { title: "revision", of: (row) => row.hash },
    ],
    "nothing to push",
  );
}

async function listPlans(session: Session, atMost: number): Promise<void> {
  const api = session.api();
  const plans = await takeItems(atMost, (cursor, limit) =>
    answer(api.GET("/api/v1/plans", { params: { query: { cursor, limit } } })),
  );
  session.printer().list(
    plans,
    [
      { title: "plan", of: (row) => row.name },
      { title: "version", of: (row) => row.version },
      { title: "revision", of: (row) => row.hash.slice(0, 12) },
      { title: "pushed", of: (row) => formatTime(row.createdAt) },
    ],
    "there is no plan yet; `assay plan push <file>` adds one",
  );
}

async function showPlan(session: Session, name: string, revision: string | undefined): Promise<void> {
  const api = session.api();
  const shown =
    revision === undefined
      ? await answer(api.GET("/api/v1/plans/{name}", { params: { path: { name } } }))
      : await answer(api.GET("/api/v1/plans/{name}/revisions/{hash}", { params: { path: { name, hash: revision } } }));
  session.printer().thing(shown, () => shown.source.trimEnd());
}
