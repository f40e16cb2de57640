/**
 * The flow of the orchestrator without HTTP: a real PostgreSQL, the real services, doorbells that ring in this process,
 * a clock that the test moves, and an agent made of calls.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@assay/embedded-postgres";
import { contentHash, parsePlan, SCHEMA_VERSION, sourceHash } from "@assay/plans";
import type { EventBody, RunEvent, RunOrder } from "@assay/protocol";
import { CampaignsService } from "../src/campaigns/campaigns.service";
import { claimRun } from "../src/dispatch/claim-run";
import { IngestService } from "../src/ingest/ingest.service";
import { makePartitionsAhead } from "../src/ingest/partitions";
import { Clock } from "../src/platform/clock";
import { Database } from "../src/platform/database";
import { type Bell, type BellHandler, Doorbells } from "../src/platform/doorbells";
import { RandomIds } from "../src/platform/ids";
import { Log } from "../src/platform/log";
import { applyMigrations } from "../src/platform/migrations";
import { Summariser } from "../src/results/summariser";
import { HostRuns } from "../src/runs/host-runs";
import { RunsRepository } from "../src/runs/runs.repository";
import { RunsService } from "../src/runs/runs.service";
import { Scheduler } from "../src/scheduling/scheduler";

export const MIGRATIONS = path.resolve(__dirname, "../../../prisma/migrations");

export class TestClock extends Clock {
  constructor(private at = new Date("2026-11-22T12:00:00.000Z")) {
    super();
  }
  now(): Date {
    return new Date(this.at);
  }
  pass(ms: number): void {
    this.at = new Date(this.at.getTime() + ms);
  }
}

/** Rings are kept until `settle`, and then answered one after the other; or lost, when the test says so. */
export class TestDoorbells extends Doorbells {
  private readonly handlers = new Map<Bell, BellHandler>();
  private waiting: { bell: Bell; id: string | null }[] = [];
  readonly hostRings: { queueName: string; runId: string; epoch: number }[] = [];
  lost = false;

  ring(bell: Bell, id?: string): void {
    if (!this.lost) this.waiting.push({ bell, id: id ?? null });
  }
  ringHost(queueName: string, runId: string, epoch: number): void {
    if (!this.lost) this.hostRings.push({ queueName, runId, epoch });
  }
  async answerHere(bell: Bell, id?: string): Promise<void> {
    await this.handlers.get(bell)?.(id ?? null);
  }
  answer(bell: Bell, handler: BellHandler): void {
    this.handlers.set(bell, handler);
  }
  async settle(): Promise<void> {
    for (let ring = this.waiting.shift(); ring !== undefined; ring = this.waiting.shift()) {
      await this.handlers.get(ring.bell)?.(ring.id);
    }
  }
}

export const SILENT_LOG = new Log("error", undefined, () => {});

export interface TestHost {
  id: string;
  name: string;
  slots: { id: string; name: string }[];
  duts: { id: string; serial: string }[];
}

export class Flow {
  readonly clock = new TestClock();
  readonly ids = new RandomIds();
  readonly doorbells = new TestDoorbells();
  readonly database: Database;
  readonly runs: RunsService;
  readonly repository: RunsRepository;
  readonly campaigns: CampaignsService;
  readonly scheduler: Scheduler;
  readonly ingest: IngestService;
  readonly summariser: Summariser;
  readonly hostRuns: HostRuns;
  private hosts = 0;

  constructor(readonly url: string) {
    this.database = new Database(url, SILENT_LOG);
    const { database, doorbells, clock, ids } = this;
    this.runs = new RunsService(database, doorbells, clock, ids);
    this.repository = new RunsRepository(database);
    this.campaigns = new CampaignsService(database, doorbells, clock, ids);
    this.scheduler = new Scheduler(database, doorbells, clock, SILENT_LOG);
    this.ingest = new IngestService(database, doorbells, clock, SILENT_LOG);
    this.summariser = new Summariser(database, doorbells, clock, SILENT_LOG);
    this.hostRuns = new HostRuns(database, doorbells);
    this.scheduler.onModuleInit();
    this.summariser.onModuleInit();
  }

  /** A host that is online, with drives in its slots. */
  async addHost(drives: number): Promise<TestHost> {
    const n = this.hosts++;
    const name = `host-${n}-${randomUUID().slice(0, 8)}`;
    const [host] = await this.database.query<{ id: string }>(
      `INSERT INTO host (name, observed, last_heartbeat_at, queue_name, spool_used_bytes, spool_limit_bytes, wire_version)
       VALUES ($1, 'online', $2, $1, 0, 100000000000, 1) RETURNING id`,
      [name, this.clock.now()],
    );
    const slots: TestHost["slots"] = [];
    const duts: TestHost["duts"] = [];
    for (let bay = 0; bay < drives; bay++) {
      const serial = `T${randomUUID().slice(0, 10)}`;
      const [slot] = await this.database.query<{ id: string; name: string }>(
        `INSERT INTO slot (host_id, name, transport, address, effects, power_driver)
         VALUES ($1, $2, 'model', $3, '{writes,destroys-data,power-cycles}', 'simulated') RETURNING id, name`,
        [host!.id, `bay-${bay}`, `drives/${bay}`],
      );
      const [dut] = await this.database.query<{ id: string }>(
        "INSERT INTO dut (model, serial) VALUES ('ASSAY SIM A', $1) RETURNING id",
        [serial],
      );
      const ids = [dut!.id, slot!.id];
      await this.database.query("INSERT INTO occupancy (dut_id, slot_id, from_at) VALUES ($1, $2, $3)", [
        ...ids,
        this.clock.now(),
      ]);
      await this.database.query(
        `INSERT INTO identity_observation (dut_id, slot_id, source, at, model, serial, firmware, capacity_bytes, lba_formats_bytes)
         VALUES ($1, $2, 'inventory', $3, 'ASSAY SIM A', $4, '1.0', 67108864, '{512,4096}')`,
        [...ids, this.clock.now(), serial],
      );
      await this.database.query(
        "INSERT INTO namespace_format (dut_id, nsid, lba_bytes, metadata_bytes, lba_count, from_at) VALUES ($1, 1, 512, 0, 131072, $2)",
        [dut!.id, this.clock.now()],
      );
      slots.push(slot!);
      duts.push({ id: dut!.id, serial });
    }
    return { id: host!.id, name, slots, duts };
  }

  async addPlan(source: string): Promise<string> {
    const parsed = parsePlan(source);
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const { name, version } = parsed.plan.metadata;
    await this.database.query(
      `INSERT INTO plan_revision (name, version, hash, schema_version, source_hash, source, canonical, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, '{}', 'test') ON CONFLICT (hash) DO NOTHING`,
      [name, version, contentHash(parsed.plan), SCHEMA_VERSION, sourceHash(source), source],
    );
    return name;
  }

  submit(plan: string, dut: string, change: { priority?: number } = {}): Promise<string> {
    return this.runs.submit({ plan, dut, parameters: {}, priority: 0, ...change }, "ann");
  }

  /** The run order, as the host's agent gets it. */
  async claim(runId: string, hostId: string, epoch = 1): Promise<RunOrder> {
    const now = this.clock.now();
    const answer = await this.database.transaction((transaction) =>
      claimRun(transaction, { runId, hostId, epoch, now }),
    );
    if (answer.kind !== "order") throw new Error(JSON.stringify(answer));
    return answer.order;
  }

  send(runId: string, hostId: string, events: RunEvent[], epoch = 1) {
    return this.ingest.events(runId, hostId, { eventVersion: 1, epoch, events });
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}

/** Events with numbers from `first`. */
export function numbered(bodies: readonly EventBody[], first = 1): RunEvent[] {
  return bodies.map((body, n) => ({ seq: first + n, atMs: Date.parse("2026-11-22T12:00:01.000Z") + n, body }));
}

export const STARTED: EventBody = {
  ...{ type: "started", agentVersion: "0.1.0", driverVersion: "0.1.0", hostImplementation: "model", kernel: "6.1" },
  ...{ bootId: "boot", boottimeNs: "1", pid: 7, seed: "1" },
};
export const FINISHED: EventBody = { type: "finished", outcome: "completed", reason: null, attribution: null };
export const ENDED: EventBody = { type: "ended", exitCode: 0, signal: null, cause: "finished", detail: null };
export const CRASHED: EventBody = { type: "ended", exitCode: null, signal: "SIGKILL", cause: "crashed", detail: null };

/** A plan of one worker whose only criterion is that nothing miscompares. */
export function planSource(name: string, change: { hold?: boolean; isolation?: string } = {}): string {
  return `apiVersion: assay/v1
kind: Plan
metadata: {name: ${name}, version: 1.0.0}
spec:
  effects: [writes]
  isolation: ${change.isolation ?? "slot"}
  timeouts: {run: 10m}
  steps:
    - ioworker: {id: io, size: 4KiB, random: 100%, read: 50%, depth: 8, time: 1s, verify: true}
  onFailure: {hold: ${change.hold ?? true}}
  criteria:
    - {id: data, metric: io.miscompares, eq: 0}
`;
}

export const miscompares = (count: number): EventBody => ({
  ...{ type: "metrics", path: "io", iteration: [], values: { miscompares: count, iops: 1000 }, labels: {} },
});

/** One server per spec file. */
export class FlowDatabase {
  private constructor(
    private readonly dir: string,
    private server: EmbeddedPostgres,
  ) {}

  static async start(): Promise<FlowDatabase> {
    const dir = await mkdtemp(path.join(tmpdir(), "assay-flow-"));
    const server = await startPostgres({ dir });
    await applyMigrations(server.url, MIGRATIONS);
    return new FlowDatabase(dir, server);
  }

  async open(): Promise<Flow> {
    const flow = new Flow(this.server.url);
    await flow.database.transaction((transaction) => makePartitionsAhead(transaction, flow.clock.now()));
    return flow;
  }

  get url(): string {
    return this.server.url;
  }

  /** kill -9, and a new start on the same folder and port. */
  async crash(): Promise<void> {
    const { port } = this.server;
    process.kill(this.server.pid, "SIGKILL");
    await this.server.exited;
    this.server = await startPostgres({ dir: this.dir, port });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
