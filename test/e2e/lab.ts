/** A lab of its own for a test: `npm start -- --no-demo` in a fresh folder on a free port, with any drives. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Api, connect } from "@assay/cli";

export const REPOSITORY = join(__dirname, "..", "..");
/** First start: a database cluster, migrations, five drives; on a busy machine with two cores. */
const UP_WITHIN_MS = 180_000;
const DOWN_WITHIN_MS = 60_000;

export type ServiceName = "database" | "orchestrator" | "agent";

export interface LabOptions {
  /** Text of host.yaml; the five drives of apps/embedded/hosts/sim-01.yaml without it. */
  hostFile?: string;
  /** A folder of an earlier lab; it is not removed by `stop`. */
  home?: string;
  redisUrl?: string;
  port?: number;
}

export interface TestLab {
  url: string;
  home: string;
  /** Of the administrator. */
  token: string;
  api: Api;
  /** As they are now; a killed service comes back under another one. */
  pids(): Record<ServiceName, number>;
  kill(name: ServiceName, signal: NodeJS.Signals): void;
  /** Pid of the runner of a run, null before it is there. */
  runnerPid(runId: string): number | null;
  /** What the lab has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

export async function startLab(options: LabOptions = {}): Promise<TestLab> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), "assay-e2e-"));
  const port = options.port ?? (await freePort());
  mkdirSync(home, { recursive: true });
  if (options.hostFile !== undefined) writeFileSync(join(home, "host.yaml"), options.hostFile);
  const lab = runLab(["--no-demo"], { home, port, redisUrl: options.redisUrl });
  const removeHome = options.home === undefined;
  try {
    await lab.untilSaid("The lab is up at", UP_WITHIN_MS);
  } catch (error) {
    await stopLab(lab, home, removeHome);
    throw error;
  }
  const token = readFileSync(join(home, "admin.token"), "utf8").trim();
  const url = `http://127.0.0.1:${port}`;
  const pids = () => JSON.parse(readFileSync(join(home, "processes.json"), "utf8")) as Record<ServiceName, number>;
  return {
    url,
    home,
    token,
    api: connect({ url, token }),
    pids,
    kill: (name, signal) => process.kill(pids()[name], signal),
    runnerPid: (runId) => readRunners(home).find((runner) => runner.runId === runId)?.pid ?? null,
    output: lab.output,
    stop: () => stopLab(lab, home, removeHome),
  };
}

export interface LabProcess {
  child: ChildProcess;
  exited: Promise<number | null>;
  output(): string;
  untilSaid(text: string, withinMs: number): Promise<void>;
}

/** The lab as a person starts it, with everything that it prints. */
export function runLab(
  args: string[],
  { home, port, redisUrl }: { home: string; port: number; redisUrl?: string },
): LabProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, ASSAY_HOME: home, ASSAY_PORT: String(port) };
  delete env.REDIS_URL;
  if (redisUrl !== undefined) env.REDIS_URL = redisUrl;
  const child = spawn(process.execPath, [join(REPOSITORY, "apps/embedded/dist/main.js"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const listener of listeners) listener();
    });
  const exited = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const untilSaid = (wanted: string, withinMs: number) =>
    new Promise<void>((resolve, reject) => {
      const end = (why: string | null) => {
        clearTimeout(timer);
        listeners.delete(look);
        if (why === null) resolve();
        else reject(new Error(`the lab ${why} and did not say "${wanted}". It said:\n${text}\n${lastLogs(home)}`));
      };
      const look = () => {
        if (text.includes(wanted)) end(null);
      };
      const timer = setTimeout(() => end(`went on for ${withinMs / 1000} s`), withinMs);
      listeners.add(look);
      void exited.then((code) => end(`ended with exit code ${code}`));
      look();
    });
  return { child, exited, output: () => text, untilSaid };
}

async function stopLab(lab: LabProcess, home: string, removeHome: boolean): Promise<void> {
  lab.child.kill("SIGTERM");
  const timer = setTimeout(() => lab.child.kill("SIGKILL"), DOWN_WITHIN_MS);
  await lab.exited;
  clearTimeout(timer);
  // A runner outlives its agent by design; the test that made it is over.
  for (const { pid } of readRunners(home)) killQuietly(pid);
  if (removeHome) rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

function readRunners(home: string): { runId: string; pid: number }[] {
  const folder = join(home, "agent", "runs");
  const names = safely(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => {
    const runner = safely(
      () =>
        JSON.parse(readFileSync(join(folder, name, "runner.json"), "utf8")) as {
          pid: number;
          startTicks: number | string;
        },
    );
    if (runner === null || startTicks(runner.pid) !== String(runner.startTicks)) return [];
    return [{ runId: name.slice(0, name.lastIndexOf("-")), pid: runner.pid }];
  });
}

/** Field 22 of /proc/<pid>/stat: together with the pid it names a process for good. A zombie is none any more. */
function startTicks(pid: number): string | null {
  const stat = safely(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return fields[0] === "Z" ? null : (fields[19] ?? null);
}

function lastLogs(home: string): string {
  return ["postgres", "orchestrator", "agent"]
    .map(
      (name) =>
        `--- ${name}.log\n${(safely(() => readFileSync(join(home, "logs", `${name}.log`), "utf8")) ?? "").slice(-3000)}`,
    )
    .join("\n");
}

function killQuietly(pid: number): void {
  safely(() => process.kill(pid, "SIGKILL"));
}

function safely<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
