import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@assay/embedded-postgres";
import { createPostgresBackend, withBackend } from "bullmq";
import { doorbellConformance, type QueueServer } from "./doorbell-conformance";

jest.setTimeout(120_000);

const { Queue } = withBackend(createPostgresBackend);
const SCHEMA = "bullmq";

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
});
