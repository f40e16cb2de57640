import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { answer } from "../api/connection";
import { takeItems } from "../api/pages";
import { CommandError, exitCodes } from "../exit-codes";
import { formatTime } from "../show/quantities";
import { countOption } from "./options";
import type { Session } from "./session";

const roles = ["viewer", "operator", "admin"] as const;
type Role = (typeof roles)[number];

/** Who may speak to the server: agents and people. Secrets are shown once. */
export function addAccessVerbs(program: Command, session: Session): void {
  program
    .command("agent")
    .description("agents of lab machines")
    .command("enroll")
    .description("make a one-time token with which an agent enrols")
    .argument("<host>", "the host's name, as in its host file")
    .option("--out <file>", "write the token to this file (0600) and not to the terminal")
    .action((host: string, options: { out?: string }) => enrollAgent(session, host, options.out));
  const token = program.command("token").description("who may use the API");
  token
    .command("create")
    .description("make a token; it is shown once")
    .argument("<name>", "whose it is")
    .addOption(new Option("--role <role>", "what it may do").choices(roles).default("viewer"))
    .action((name: string, { role }: { role: Role }) => createToken(session, name, role));
  token
    .command("list")
    .description("all tokens, without their secrets")
    .option("--limit <n>", "at most so many", countOption, 500)
    .action(({ limit }: { limit: number }) => listTokens(session, limit));
  token
    .command("revoke")
    .description("a revoked token is refused from now on")
    .argument("<id...>")
    .action((ids: string[]) => revokeTokens(session, ids));
}

async function enrollAgent(session: Session, hostName: string, out: string | undefined): Promise<void> {
  const enrollment = await answer(session.api().POST("/api/v1/enrollments", { body: { hostName } }));
  if (out === undefined) return session.printer().thing(enrollment, () => enrollment.token);
  try {
    writeFileSync(out, `${enrollment.token}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new CommandError(exitCodes.usage, `cannot write ${out}: ${(error as Error).message}`);
  }
  session.printer().remark(`the token for ${hostName} is in ${out}; give it to the agent as ASSAY_ENROLL_TOKEN_FILE`);
}

async function createToken(session: Session, name: string, role: Role): Promise<void> {
  const token = await answer(session.api().POST("/api/v1/tokens", { body: { name, role } }));
  session.printer().remark("this is the only time that the token is shown");
  session.printer().thing(token, () => token.token);
}

async function listTokens(session: Session, atMost: number): Promise<void> {
  const api = session.api();
  const tokens = await takeItems(atMost, (cursor, limit) =>
    answer(api.GET("/api/v1/tokens", { params: { query: { cursor, limit } } })),
  );
  session.printer().list(
    tokens,
    [
      { title: "id", of: (row) => row.id },
      { title: "name", of: (row) => row.name },
      { title: "role", of: (row) => row.role },
      { title: "created", of: (row) => formatTime(row.createdAt) },
      { title: "revoked", of: (row) => formatTime(row.revokedAt) },
    ],
    "there is no token",
  );
}

async function revokeTokens(session: Session, ids: string[]): Promise<void> {
  for (const id of ids) {
    await answer(session.api().DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }));
    session.printer().remark(`${id} is revoked`);
  }
}
