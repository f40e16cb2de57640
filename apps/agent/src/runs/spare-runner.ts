/**
 * One runner that has loaded everything and waits to be told its run: loading takes longer than all the rest of a start.
 * It is a process and a session of its own as every runner is, and touches nothing before it has a directory. It ends
 * with the agent, whose end of its stdin closes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Launch, RunFiles } from "./run-directory";
import { type RunnerProgram, startRunner } from "./start-runner";

/** Argument of a runner that is told its directory later, as one line on stdin. */
export const SPARE_ARGUMENT = "--spare";
/** A run that has just begun is left alone before the next spare loads. */
const PREPARE_AFTER_MS = 2000;

export interface RunnerStarts {
  /** The caller listens for `exit` and `error`. @throws when no process can be started */
  start(files: RunFiles, launch: Launch): ChildProcess;
}

/** Starts every runner as a new process. */
export function freshRunners(program: RunnerProgram): RunnerStarts {
  return { start: (files, launch) => startRunner(program, files, launch) };
}

/** Gives a run the spare where there is one, and a new process otherwise. */
export class SpareRunner implements RunnerStarts {
  private spare: ChildProcess | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly log: string;

  /** `folder` is the agent's own, on the file system of its run directories. */
  constructor(
    private readonly program: RunnerProgram,
    folder: string,
    private readonly prepareAfterMs = PREPARE_AFTER_MS,
  ) {
    this.log = join(folder, "spare-runner.log");
  }

  /** A spare is prepared some time later; one that dies unused is replaced after the next start of a run. */
  prepare(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      try {
        if (this.spare === null) this.spawn();
      } catch {
        // Without a spare the next run starts later, and tells what is wrong.
      }
    }, this.prepareAfterMs);
    this.timer.unref();
  }

  start(files: RunFiles, launch: Launch): ChildProcess {
    const child = this.take(files, launch) ?? startRunner(this.program, files, launch);
    this.prepare();
    return child;
  }

  /** Sends the spare home. */
  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.spare?.stdin?.end();
    this.spare = null;
  }

  private take(files: RunFiles, launch: Launch): ChildProcess | null {
    const { spare } = this;
    this.spare = null;
    if (spare?.stdin?.writable !== true || spare.exitCode !== null || spare.signalCode !== null) return null;
    try {
      for (const folder of [launch.cmdlogDir, launch.tableDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
      // It goes on writing to the same file.
      renameSync(this.log, files.runnerLog);
    } catch {
      spare.stdin.end();
      return null;
    }
    spare.stdin.end(`${files.directory}\n`);
    spare.removeAllListeners();
    return spare;
  }

  private spawn(): void {
    const [command = "", ...args] = this.program.command;
    rmSync(this.log, { force: true });
    const log = openSync(this.log, "a", 0o600);
    try {
      const options = { env: this.program.environment, detached: true } as const;
      const spare = spawn(command, [...args, SPARE_ARGUMENT], { ...options, stdio: ["pipe", log, log] });
      const gone = () => {
        if (this.spare === spare) this.spare = null;
      };
      spare.on("exit", gone);
      spare.on("error", gone);
      // It died while it was told its run: `exit` says so.
      spare.stdin?.on("error", () => {});
      spare.unref();
      this.spare = spare;
    } finally {
      closeSync(log);
    }
  }
}
