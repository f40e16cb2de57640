import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { on, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type EmbeddedPostgres, startPostgres } from "@assay/embedded-postgres";
import { createPostgresBackend, withBackend } from "bullmq";
import { doorbellConformance, type QueueServer } from "./doorbell-conformance";
import { StartingPostgres } from "./starting-postgres";

jest.setTimeout(120_000);

const { Queue } = withBackend(createPostgresBackend);
const SCHEMA = "bullmq";
const LIMIT_MS = 60_000;

class PostgresServer implements QueueServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "assay-doorbell-"));
  private postgres: EmbeddedPostgres | null = null;
  private url = "";
  private port = 0;

  access = () => ({ backend: "postgres" as const, connectionString: this.url, schema: SCHEMA });

  async start(): Promise<void> {
    this.postgres = await startPostgres({ dir: join(this.folder, "pg"), port: this.port });
    this.port = this.postgres.port;
    this.url = this.postgres.url;
    await this.withQueue("migrations", async () => {});
  }

  async kill(): Promise<void> {
    const { postgres } = this;
    this.postgres = null;
    if (postgres === null) return;
    process.kill(postgres.pid, "SIGKILL");
    await postgres.exited;
  }

  add(queue: string, data: unknown): Promise<void> {
    return this.withQueue(queue, async (made) => {
      await made.add("ring", data, { removeOnComplete: true, removeOnFail: true });
    });
  }

  private async withQueue(name: string, work: (queue: InstanceType<typeof Queue>) => Promise<void>): Promise<void> {
    const queue = new Queue(name, {
      connection: { connectionString: this.url, schema: SCHEMA, migrate: true, max: 2 },
    });
    try {
      await queue.waitUntilReady();
      await work(queue);
    } finally {
      await queue.close();
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe("doorbells over PostgreSQL", () => {
  const server = new PostgresServer();
  doorbellConformance(async () => server);
  afterAll(() => server.remove());

  test("an agent that is told `starting up` after its first look goes on, and listens once it may", async () => {
    const { connectionString } = server.access();
    const url = new URL(connectionString);
    const gate = new StartingPostgres(Number(url.port));
    url.host = `127.0.0.1:${await gate.listen()}`;
    const queue = `host-${randomUUID()}`;
    const wanted = { runId: randomUUID(), epoch: 1 };
    // In a process of its own: the defect froze it, and a frozen test cannot fail.
    const register = ["-r", join(__dirname, "swc-register.cjs")];
    const ear = spawn(
      process.execPath,
      [...register, join(__dirname, "doorbell-process.ts"), url.href, SCHEMA, queue],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const lines = createInterface(ear.stdout);
    const said = async (wordsOfLine: string) => {
      for await (const [line] of on(lines, "line", { signal: AbortSignal.timeout(LIMIT_MS) }))
        if ((line as string).includes(wordsOfLine)) return;
    };
    try {
      await said("starting up");
      gate.open();
      await said("listening");
      await server.add(queue, wanted);
      await said(`heard ${wanted.runId}`);
    } finally {
      ear.kill("SIGKILL");
      await once(ear, "exit");
      await gate.close();
    }
  });
});
