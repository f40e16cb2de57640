/** A scenario of scenarios.ts in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Child {
  process: ChildProcess;
  lines: AsyncIterator<string>;
  ended: Promise<[number | null, NodeJS.Signals | null]>;
}

const started: ChildProcess[] = [];

/**
 * @param more what the scenario is told beside its drive and folder
 * @param by the program and arguments that run a command in some way
 */
export function start(
  scenario: string,
  folder: string,
  drive: string,
  more: object = {},
  by = ([program, ...args]: string[]): [string, string[]] => [program!, args],
): Child {
  const input = JSON.stringify({ drive, cmdlogDir: folder, ...more });
  const [program, args] = by([process.execPath, "--expose-gc", join(__dirname, "child.cjs"), scenario, input]);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return { process: child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator](), ended };
}

/** The next line that the scenario said. */
export const said = async (child: Child) => JSON.parse((await child.lines.next()).value as string);

/** After a test: nothing that it started goes on, whatever became of it. */
export function killAll(): void {
  for (const child of started.splice(0)) child.kill("SIGKILL");
}
