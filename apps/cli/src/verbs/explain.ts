import type { Command } from "commander";
import { answer } from "../api/connection";
import type { Explanation } from "../api/shapes";
import { findRunId } from "./find-run";
import type { Session } from "./session";

export function addExplainVerb(program: Command, session: Session): void {
  program
    .command("explain")
    .description("why a run is queued, held or came out as it did, and what happens next")
    .argument("<run>", "id, or its beginning")
    .action(async (text: string) => {
      const id = await findRunId(session.api(), text);
      const said = await answer(session.api().GET("/api/v1/runs/{id}/explanation", { params: { path: { id } } }));
      session.printer().thing(said, () => inWords(said));
    });
}

function inWords({ summary, because, next, commands }: Explanation): string {
  const part = (title: string, lines: string[]) =>
    lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
  return [summary, ...part("Because", because), ...part("Next", next), ...part("Commands", commands)].join("\n");
}
