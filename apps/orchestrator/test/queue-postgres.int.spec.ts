import { once } from "node:events";
import { createServer } from "node:net";
import { Client } from "pg";
import { openQueueBackend } from "../src/dispatch/queue-backend";
import { QueueDoorbells } from "../src/dispatch/queue-doorbells";
import { FlowDatabase, SILENT_LOG } from "./flow";
import { queueSuite } from "./queue-suite";

jest.setTimeout(120_000);

describe("doorbells on PostgreSQL", () => {
  let server: FlowDatabase;
  beforeAll(async () => {
    server = await FlowDatabase.start();
  });
  afterAll(() => server?.stop());

  queueSuite(() => ({
    databaseUrl: server.url,
    redisUrl: null,
    crash: () => server.crash(),
    wipe: async () => {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query("TRUNCATE bullmq.job CASCADE");
      await client.end();
    },
  }));

  it("refuse to open on a server that accepts and says nothing, and freeze nobody", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const backend = openQueueBackend(`postgres://assay:secret@127.0.0.1:${port}/assay`, null);
    const bells = new QueueDoorbells(backend, SILENT_LOG, () => Date.now());
    const heard: (string | null)[] = [];
    bells.answer("summarise", async (id) => void heard.push(id));
    await expect(bells.open()).rejects.toThrow(/timeout/);
    expect(bells.isOpen).toBe(false);
    bells.ring("summarise", "run-1");
    await bells.close();
    expect(heard).toEqual(["run-1"]);
    await backend.close();
    silent.close();
  });

  it("give agents' accounts the queues and nothing else", async () => {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query("SET ROLE assay_queue");
    await expect(client.query("SELECT 1 FROM bullmq.job LIMIT 1")).resolves.toBeDefined();
    for (const table of ["public.run", "public.token", "telemetry.run_event"]) {
      await expect(client.query(`SELECT 1 FROM ${table} LIMIT 1`)).rejects.toThrow(/permission denied/);
    }
    await client.end();
  });
});
