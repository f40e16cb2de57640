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

export function start(scenario: string, folder: string, drive: string): Child {
  const child = spawn(
    process.execPath,
    ["--expose-gc", join(__dirname, "child.cjs"), scenario, JSON.stringify({ drive, cmdlogDir: folder })],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return { process: child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator](), ended };
}

/** The next line that the scenario said. */
export const said = async (child: Child) => JSON.parse((await child.lines.next()).value as string);
