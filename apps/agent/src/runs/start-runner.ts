/** Starts a runner: its own session, nothing shared with the agent but the run's directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { RUN_MARK } from "./leftovers";
import type { Launch, RunFiles } from "./run-directory";

export interface RunnerProgram {
  /** Program and first arguments; the run's directory is added. */
  command: string[];
  environment: NodeJS.ProcessEnv;
}

/** Its output goes to `runner.log`; it inherits the agent's umask of 077. The caller listens for `exit` and `error`. */
export function startRunner(program: RunnerProgram, files: RunFiles, launch: Launch): ChildProcess {
  const [command, ...args] = program.command;
  if (command === undefined) throw new Error("no runner program");
  for (const folder of [launch.cmdlogDir, launch.tableDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(files.runnerLog, "a", 0o600);
  try {
    const options = {
      cwd: files.directory,
      env: { ...program.environment, [RUN_MARK]: files.directory },
      detached: true,
    } as const;
    const child = spawn(command, [...args, files.directory], { ...options, stdio: ["ignore", log, log] });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}
