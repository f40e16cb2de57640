import { Client } from "pg";
import { FlowDatabase } from "./flow";
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
