/** One server process: started, watched, stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command } from "./launch-command";

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const KEPT_LINES = 50;
/** Fast shutdown, then immediate, then the kernel's. */
const STOP_LADDER: { signal: NodeJS.Signals; waitMs: number }[] = [
  { signal: "SIGINT", waitMs: 20_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
];

export class ServerProcess {
  readonly exited: Promise<ServerExit>;
  /** Resolves true when connections are accepted, false when it exited before. */
  readonly ready: Promise<boolean>;
  private readonly lines: string[] = [];
  private readonly child: ChildProcess;

  constructor(command: Command, log: (line: string) => void) {
    // Its own session: Ctrl-C at the terminal goes to the lab, which stops the server last.
    const child = spawn(command.program, command.args, {
      cwd: "/",
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env.PATH },
    });
    this.child = child;
    const reader = createInterface({ input: child.stderr! });
    const drained = new Promise<void>((resolve) => reader.once("close", resolve));
    let announce: (ready: boolean) => void = () => {};
    this.ready = new Promise((resolve) => {
      announce = resolve;
    });
    reader.on("line", (line) => {
      this.lines.push(line);
      if (this.lines.length > KEPT_LINES) this.lines.shift();
      log(line);
      if (line.includes("database system is ready to accept connections")) announce(true);
    });
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => {
        this.lines.push(error.message);
        announce(false);
        resolve({ code: null, signal: null });
      });
      child.once("exit", (code, signal) => {
        resolve({ code, signal });
        void drained.then(() => announce(false));
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  lastWords(): string {
    return this.lines.join("\n");
  }

  /** Idempotent; returns when the process is gone. */
  async stop(): Promise<void> {
    for (const { signal, waitMs } of STOP_LADDER) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) break;
      this.child.kill(signal);
      if (await settledWithin(this.exited, waitMs)) break;
    }
    await this.exited;
  }
}

/** Whether a promise settles in time. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = await Promise.race([promise.then(() => true as const), late]);
  clearTimeout(timer);
  return settled;
}
