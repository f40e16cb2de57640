import { Command, CommanderError, Option } from "commander";
import { CommandError, exitCodes } from "./exit-codes";
import { type Format, formats, Printer, type Sink } from "./output/printer";
import type { ServerSettings } from "./settings/find-server";
import { addPlanVerbs } from "./verbs/plan";
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
  const session: Session = {
    printer: () => new Printer(program.opts<{ output: Format }>().output, around.stdout, around.stderr),
    setExitCode,
  };
  addPlanVerbs(program, session);
  for (const command of everyCommand(program)) command.exitOverride();
  return program;
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
  throw error;
}
