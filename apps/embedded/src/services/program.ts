import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Something that runs; PostgreSQL and our own programs look alike. */
export interface Running {
  pid: number;
  exited: Promise<Exit>;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  script: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  log: (text: string) => void;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
}

/**
 * Starts a Node program in a session of its own: Ctrl-C reaches the lab only, which stops its services in order.
 * When the lab dies the kernel sends the program SIGTERM, so that no orphan keeps the port.
 */
export function startProgram({ script, env, cwd, log, graceMs }: ProgramOptions): Running {
  const setpriv = findOnPath("setpriv", env.PATH);
  const [program, args] =
    setpriv === null ? [process.execPath, [script]] : [setpriv, ["--pdeathsig", "TERM", process.execPath, script]];
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.setEncoding("utf8").on("data", log);
  child.stderr.setEncoding("utf8").on("data", log);
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => {
      log(`${error.message}\n`);
      resolve({ code: null, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await exited;
    clearTimeout(timer);
  };
  return { pid: child.pid ?? 0, exited, stop };
}

function findOnPath(name: string, path = ""): string | null {
  for (const folder of [...path.split(":"), "/usr/bin", "/bin"]) {
    if (folder === "") continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this one.
    }
  }
  return null;
}
