/** The processes of the lab, wired together: PostgreSQL, orchestrator, agent. Nothing listens beyond 127.0.0.1. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PostgresFailure, startPostgres } from "@assay/embedded-postgres";
import type { LabSettings } from "../environment";
import { type Home, writeWhole } from "../home/home";
import { LabError } from "../lab-error";
import { LogFile } from "./log-file";
import { startProgram } from "./program";
import { askReadiness, untilReady } from "./readiness";
import { Service, type ServiceEvents } from "./service";

/** An orchestrator ends its requests, an agent its batches; runners live on without it. */
const GRACE_MS = 15_000;

export class LabServices {
  private readonly started: Service[] = [];
  private readonly pids: Record<string, number> = {};
  private readonly events: ServiceEvents;
  private databaseUrl = "";

  constructor(
    private readonly repository: string,
    private readonly home: Home,
    private readonly settings: LabSettings,
    events: ServiceEvents,
  ) {
    this.events = {
      ...events,
      onStart: (name, pid) => {
        this.pids[name] = pid;
        writeWhole(home.processes, `${JSON.stringify(this.pids)}\n`);
        events.onStart(name, pid);
      },
    };
  }

  get url(): string {
    return `http://127.0.0.1:${this.settings.port}`;
  }

  /** @throws LabError or PostgresFailure with a sentence */
  async startDatabase(port: number): Promise<void> {
    const log = new LogFile(join(this.home.logs, "postgres.log"));
    await this.start("database", log, async () => {
      const postgres = await startPostgres({ dir: this.home.postgres, port, log: log.writeLine });
      this.databaseUrl = postgres.url;
      return postgres;
    });
  }

  /** Returns when `/readyz` says so. */
  async startOrchestrator(): Promise<void> {
    const log = new LogFile(join(this.home.logs, "orchestrator.log"));
    const service = await this.start("orchestrator", log, async () =>
      startProgram({
        script: this.script("apps/orchestrator/dist/main.js"),
        cwd: this.repository,
        env: {
          ...this.settings.inherited,
          DATABASE_URL: this.databaseUrl,
          ...(this.settings.redisUrl === undefined ? {} : { REDIS_URL: this.settings.redisUrl }),
          ASSAY_LISTEN: `127.0.0.1:${this.settings.port}`,
          ASSAY_ADMIN_TOKEN_FILE: this.home.adminToken,
        },
        log: log.write,
        graceMs: GRACE_MS,
      }),
    );
    await untilReady(service, log, () => askReadiness(this.url));
  }

  /** Returns when `seen` finds nothing missing. */
  async startAgent(seen: () => Promise<string | null>): Promise<void> {
    const log = new LogFile(join(this.home.logs, "agent.log"));
    const { REDIS_URL: _unused, ...env } = this.settings.inherited;
    const service = await this.start("agent", log, async () =>
      startProgram({
        script: this.script("apps/agent/dist/main.js"),
        cwd: this.repository,
        env: {
          ...env,
          ASSAY_ORCHESTRATOR_URL: this.url,
          ASSAY_AGENT_DIR: this.home.agent,
          ASSAY_HOST_FILE: this.home.hostFile,
          ASSAY_ENROLL_TOKEN_FILE: this.home.enrollToken,
        },
        log: log.write,
        graceMs: GRACE_MS,
      }),
    );
    await untilReady(service, log, seen);
  }

  /** Last started, first stopped: nobody loses what it still wants to write. */
  async stop(): Promise<void> {
    for (const service of this.started.splice(0).reverse()) await service.stop();
  }

  private async start(name: string, log: LogFile, launch: ConstructorParameters<typeof Service>[1]): Promise<Service> {
    const service = new Service(name, launch, this.events, () => log.lastLine());
    try {
      await service.start();
    } catch (error) {
      if (error instanceof PostgresFailure) throw new LabError(error.message);
      throw error;
    }
    this.started.push(service);
    return service;
  }

  private script(path: string): string {
    const script = join(this.repository, path);
    if (existsSync(script)) return script;
    throw new LabError(`${script} is not built: run npm run build`);
  }
}
