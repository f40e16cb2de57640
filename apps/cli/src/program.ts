import { Command, CommanderError, Option } from "commander";
import { connect } from "./api/connection";
import { ServerRefused, ServerUnreachable } from "./api/server-errors";
import { CommandError, exitCodes } from "./exit-codes";
import { type Format, formats, Printer, type Sink } from "./output/printer";
import { findServer, type ServerSettings } from "./settings/find-server";
import { addAccessVerbs } from "./verbs/access";
import { addCampaignVerbs } from "./verbs/campaign";
import { addDutVerbs } from "./verbs/dut";
import { addExplainVerb } from "./verbs/explain";
import { addExportVerb } from "./verbs/export";
import { addHostVerbs } from "./verbs/host";
import { addPlanVerbs } from "./verbs/plan";
import { addResultVerbs } from "./verbs/results";
import { addRunVerbs } from "./verbs/run";
import type { Session } from "./verbs/session";

export interface Surroundings {
  settings: ServerSettings;
  cwd: string;
  stdout: Sink;
  stderr: Sink;
}

/** Run one command line. @returns its exit code; never throws for what a user can do wrong. */
export async function runCommand(argv: string[], around: Surroundings): Promise<number> {
  let exitCode: number = exitCodes.passed;
  const program = buildProgram(around, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    return explain(error, around.stderr);
  }
}

function buildProgram(around: Surroundings, setExitCode: (code: number) => void): Command {
  const program = new Command("assay")
    .description("Qualifies NVMe drives on a fleet of lab machines.")
    .addOption(new Option("-o, --output <format>", "what to print results as").choices(formats).default("table"))
    .helpCommand(false)
    .showHelpAfterError("(`--help` shows what this command takes)")
    .configureOutput({ writeOut: (text) => around.stdout.write(text), writeErr: (text) => around.stderr.write(text) })
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit codes: 0 passed, 1 failed, 2 usage, 3 errored, 4 aborted, 5 timed out waiting, 6 server unreachable or refused.
Environment: ASSAY_URL, ASSAY_TOKEN or ASSAY_TOKEN_FILE; without them the lab in .assay/ of this folder or above it.`,
    );
  const session = openSession(program, around, setExitCode);
  for (const addVerbs of [
    addPlanVerbs,
    addCampaignVerbs,
    addRunVerbs,
    addDutVerbs,
    addHostVerbs,
    addResultVerbs,
    addExplainVerb,
    addExportVerb,
    addAccessVerbs,
  ])
    addVerbs(program, session);
  for (const command of everyCommand(program)) command.exitOverride().helpCommand(false);
  return program;
}

function openSession(program: Command, around: Surroundings, setExitCode: (code: number) => void): Session {
  const address = () => {
    const { url, token, triedFor } = findServer(around.settings, around.cwd);
    if (!URL.canParse(url))
      throw new CommandError(exitCodes.usage, `ASSAY_URL is "${url}": it must begin with http://`);
    if (token === null)
      throw new CommandError(exitCodes.unreachable, `no token for ${url} was found; looked at ${triedFor}`, [
        "start a lab with `npm start`, or set ASSAY_URL and ASSAY_TOKEN",
      ]);
    return { url, token };
  };
  let printer: Printer | null = null;
  let api: ReturnType<typeof connect> | null = null;
  return {
    printer: () => {
      printer ??= new Printer(program.opts<{ output: Format }>().output, around.stdout, around.stderr);
      return printer;
    },
    api: () => {
      api ??= connect(address());
      return api;
    },
    address,
    setExitCode,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    nowMs: () => performance.now(),
  };
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function explain(error: unknown, stderr: Sink): number {
  if (error instanceof CommanderError) {
    const asked = ["commander.helpDisplayed", "commander.help", "commander.version"].includes(error.code);
    return asked && error.exitCode === 0 ? exitCodes.passed : exitCodes.usage;
  }
  if (error instanceof CommandError) {
    stderr.write(`assay: ${error.message}\n`);
    for (const detail of error.details) stderr.write(`  ${detail}\n`);
    return error.exitCode;
  }
  if (error instanceof ServerUnreachable) {
    stderr.write(
      `assay: ${error.message}\n  Is the orchestrator up? \`npm start\` starts a lab; ASSAY_URL says where another one is.\n`,
    );
    return exitCodes.unreachable;
  }
  if (error instanceof ServerRefused) {
    stderr.write(`assay: ${error.message}\n`);
    for (const problem of error.problems)
      stderr.write(`  ${problem.path ? `${problem.path}: ` : ""}${problem.message}\n`);
    return callersFault.has(error.status) ? exitCodes.usage : exitCodes.unreachable;
  }
  throw error;
}

/** Statuses that say that the command line asked for something that is not there or makes no sense. */
const callersFault = new Set([400, 404, 409, 422]);
