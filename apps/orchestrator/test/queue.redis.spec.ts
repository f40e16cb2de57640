import { queueSuite } from "./queue-suite";
import { RedisServer, redisMissing } from "./redis-server";

jest.setTimeout(120_000);

const missing = redisMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

(missing === null ? describe : describe.skip)("doorbells on Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.stop());

  queueSuite(() => ({
    databaseUrl: "postgres://nobody@127.0.0.1:1/none",
    redisUrl: server.url,
    crash: () => server.crash(),
    wipe: () => server.flush(),
  }));
});
