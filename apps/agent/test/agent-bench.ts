/** What the agent's process tests stand on: a folder, a host file, an orchestrator, and agents that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOrder } from "@assay/protocol";
import { FakeOrchestrator, type FakeRun } from "./fake-orchestrator";

export interface FakePlan {
  logs?: number;
  everyMs?: number;
  bytes?: number;
  after?: "finish" | "hang" | "deaf" | "park" | "exit";
}

/** The agent from its sources, with a fake runner; the built agent with the real one. */
const WITH_FAKE_RUNNER = ["-r", join(__dirname, "swc-register.cjs"), join(__dirname, "agent-process.ts")];
export const BUILT_AGENT = [join(__dirname, "../dist/main.js")];

export class AgentBench {
  readonly folder = mkdtempSync(join(tmpdir(), "assay-agent-"));
  readonly orchestrator = new FakeOrchestrator();
  readonly agentDir = join(this.folder, "agent");
  readonly hostFile = join(this.folder, "host.yaml");
  output = "";
  private agents: ChildProcess[] = [];

  async open(slots: string[] = ["bay-1", "bay-2"]): Promise<void> {
    await this.orchestrator.start();
    writeFileSync(join(this.folder, "token"), this.orchestrator.token);
    this.writeHost(slots);
  }

  writeHost(slots: string[], effects = "[writes, destroys-data]"): void {
    const entries = slots.map(
      (name, n) =>
        `  - {name: ${name}, path: {transport: model, address: ${name}.drive}, identity: {model: ASSAY SIM A, serial: SIM${n}}, effects: ${effects}}\n`,
    );
    writeFileSync(this.hostFile, `apiVersion: assay/v1\nkind: Host\nname: bench-01\nslots:\n${entries.join("")}`);
  }

  /** Starts an agent process; the one before it must be gone. */
  startAgent(program = WITH_FAKE_RUNNER): ChildProcess {
    const child = spawn(process.execPath, program, {
      env: {
        PATH: process.env.PATH,
        ASSAY_ORCHESTRATOR_URL: this.orchestrator.url,
        ASSAY_AGENT_DIR: this.agentDir,
        ASSAY_HOST_FILE: this.hostFile,
        ASSAY_ENROLL_TOKEN_FILE: join(this.folder, "token"),
        ASSAY_DEADLINE_GRACE: "500ms",
        ASSAY_REVOKE_GRACE: "500ms",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    this.agents.push(child);
    return child;
  }

  async end(agent: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    if (agent.exitCode !== null || agent.signalCode !== null) return agent.exitCode;
    const gone = new Promise<number | null>((done) => agent.once("exit", (code) => done(code)));
    agent.kill(signal);
    return gone;
  }

  submit(plan: FakePlan, over: Partial<RunOrder> = {}): FakeRun {
    return this.orchestrator.add({
      wireVersion: 1,
      runId: randomUUID(),
      epoch: 1,
      budgetMs: 120_000,
      slot: "bay-1",
      dutId: randomUUID(),
      identity: { model: "ASSAY SIM A", serial: "SIM0", nguid: null, eui64: null },
      effects: ["writes"],
      seed: "1",
      planName: "fake",
      resolvedHash: "0".repeat(64),
      parameters: {},
      plan: plan as unknown as RunOrder["plan"],
      spoolBytes: 1024 * 1024,
      ...over,
    });
  }

  directory(run: FakeRun): string {
    return join(this.agentDir, "runs", `${run.order.runId}-${run.order.epoch}`);
  }

  runnerPid(run: FakeRun): number {
    return (JSON.parse(readFileSync(join(this.directory(run), "runner.json"), "utf8")) as { pid: number }).pid;
  }

  /** How many runners went to work, by run. */
  starts(run: FakeRun): number {
    const all = readFileSync(join(this.agentDir, "tables/starts"), "utf8");
    return all.split("\n").filter((line) => line === run.order.runId).length;
  }

  /** Ends agents and every runner that still lives. */
  async close(): Promise<void> {
    for (const agent of this.agents) await this.end(agent, "SIGKILL");
    for (const run of this.orchestrator.runs.values()) {
      try {
        process.kill(this.runnerPid(run), "SIGKILL");
      } catch {
        // It never began, or it has ended.
      }
    }
    await this.orchestrator.stop().catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
  }

  runNames(): string[] {
    return readdirSync(join(this.agentDir, "runs"));
  }
}
