/**
 * Power by any command: a PDU's tool, a relay board, a script. No shell; an argument vector each for cut, restore and
 * read. `read` prints `on` or `off` as its first word (any case) and exits 0; anything else is `unknown`.
 */
import { spawn } from "node:child_process";
import {
  MAX_EXEC_OUTPUT_BYTES,
  MAX_EXEC_TIMEOUT_MS,
  type PowerDriver,
  PowerError,
  type PowerState,
} from "./power-driver";

export interface ExecPowerOptions {
  cut: string[];
  restore: string[];
  read: string[];
  timeoutMs: number;
  witness: string | null;
  /** Working directory of the commands: the host file's folder. */
  cwd: string;
}

interface Ended {
  /** null when it ended by itself with exit code 0. */
  failure: string | null;
  stdout: string;
}

export function execPower(options: ExecPowerOptions): PowerDriver {
  const timeoutMs = Math.min(options.timeoutMs, MAX_EXEC_TIMEOUT_MS);
  const run = (argv: string[]) => execute(argv, options.cwd, timeoutMs);
  const must = async (argv: string[]) => {
    const { failure } = await run(argv);
    if (failure !== null) throw new PowerError(failure);
  };
  return {
    witness: options.witness ?? `what \`${options.read.join(" ")}\` says`,
    cut: () => must(options.cut),
    restore: () => must(options.restore),
    read: async (): Promise<PowerState> => {
      const { failure, stdout } = await run(options.read);
      const word = stdout.trim().split(/\s+/)[0]?.toLowerCase();
      return failure === null && (word === "on" || word === "off") ? word : "unknown";
    },
  };
}

function execute(argv: string[], cwd: string, timeoutMs: number): Promise<Ended> {
  const [command, ...args] = argv;
  if (command === undefined) return Promise.resolve({ failure: "the power command is empty", stdout: "" });
  return new Promise((settle) => {
    // Its own process group: a time-out must also end what a script has started.
    const child = spawn(command, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    const keep = (before: string, chunk: Buffer) => (before + chunk.toString("utf8")).slice(0, MAX_EXEC_OUTPUT_BYTES);
    child.stdout.on("data", (chunk: Buffer) => (stdout = keep(stdout, chunk)));
    child.stderr.on("data", (chunk: Buffer) => (stderr = keep(stderr, chunk)));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
      // A grandchild in another group may hold the pipes open: do not wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    const finish = (failure: string | null) => {
      clearTimeout(timer);
      settle({ failure: failure === null ? null : `\`${argv.join(" ")}\` ${failure}${told(stderr, stdout)}`, stdout });
    };
    child.on("error", (error) => finish(`could not be started: ${error.message}`));
    child.on("close", (code, signal) => {
      if (timedOut) finish(`took longer than ${timeoutMs} ms and was ended`);
      else if (signal !== null) finish(`was ended by ${signal}`);
      else finish(code === 0 ? null : `exited with ${code}`);
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function told(stderr: string, stdout: string): string {
  const text = (stderr.trim() || stdout.trim()).replace(/\s+/g, " ");
  return text === "" ? "" : `: ${text}`;
}
