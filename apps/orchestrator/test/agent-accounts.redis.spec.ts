/** What an agent is given on Redis: an account of its own that reaches its own queue. */
import { type QueueAccess, WIRE_VERSION } from "@assay/protocol";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { Doorbells } from "../src/platform/doorbells";
import { StartRefused } from "../src/platform/startup";
import { Application, TestPostgres } from "./application";
import { eventually } from "./queue-suite";
import { RedisServer, redisMissing } from "./redis-server";

jest.setTimeout(180_000);

const missing = redisMissing();
if (missing !== null) console.log(`skipped: ${missing}`);
const PASSWORD = "the-orchestrators-own";

(missing === null ? describe : describe.skip)("an agent's account on Redis", () => {
  let postgres: TestPostgres;
  let redis: RedisServer;
  let application: Application;
  let admin: string;
  const opened: { disconnect(): void }[] = [];

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    redis = await RedisServer.start(PASSWORD);
    application = await Application.start(postgres.url, { REDIS_URL: redis.url });
    admin = await application.tokenOf("admin");
  });
  afterEach(() => {
    for (const client of opened.splice(0)) client.disconnect();
  });
  afterAll(async () => {
    await application?.stop();
    await redis?.stop();
    await postgres?.remove();
  });

  async function enroll(
    hostName: string,
    on = application,
    token = admin,
  ): Promise<{ queueName: string; url: string }> {
    const made = await on.call("POST", "/api/v1/enrollments", { token, body: { hostName } });
    const body = { wireVersion: WIRE_VERSION, token: made.body.token, hostName };
    const answer = await on.call("POST", "/api/v1/agent/enroll", { body });
    const { queue, queueName } = answer.body as { queue: QueueAccess; queueName: string };
    if (queue.backend !== "redis") throw new Error(`a queue on ${queue.backend}`);
    return { queueName, url: queue.url };
  }
  function connect(url: string): Redis {
    const client = new Redis(url, { maxRetriesPerRequest: null });
    client.on("error", () => {});
    opened.push(client);
    return client;
  }

  it("hears the doorbells of its host", async () => {
    const { queueName, url } = await enroll("redis-01");
    const heard: unknown[] = [];
    const connection = { url, maxRetriesPerRequest: null };
    const worker = new Worker(queueName, async ({ data }) => void heard.push(data), { connection });
    const errors: string[] = [];
    worker.on("error", ({ message }) => errors.push(message));
    try {
      await worker.waitUntilReady();
      const ring = { runId: "11111111-1111-4111-8111-111111111111", epoch: 1 };
      application.app.get(Doorbells).ringHost(queueName, ring.runId, ring.epoch);
      await eventually("the doorbell", () => heard.length === 1);
      expect(heard).toEqual([ring]);
      expect(errors).toEqual([]);
    } finally {
      await worker.close();
    }
  });

  it("is not the orchestrator's, and reaches no other queue and nothing of the server", async () => {
    const { url } = await enroll("redis-02");
    const other = await enroll("redis-03");
    expect(url).not.toContain(PASSWORD);
    const client = connect(url);
    const denied: [string, ...string[]][] = [
      ["GET", `bull:${other.queueName}:id`],
      ["LRANGE", "bull:orchestrator:wait", "0", "-1"],
      ["SET", "anything", "1"],
      ["FLUSHALL"],
      ["KEYS", "*"],
      ["CONFIG", "GET", "*"],
      ["ACL", "LIST"],
      ["PUBLISH", "anything", "1"],
      ["SHUTDOWN", "NOSAVE"],
    ];
    for (const [command, ...rest] of denied) {
      await expect(client.call(command, ...rest)).rejects.toThrow(/NOPERM/);
    }
  });

  it("is there again after Redis restarted and forgot it", async () => {
    const { queueName, url } = await enroll("redis-04");
    await redis.crash();
    const client = connect(url);
    await eventually("the account", () =>
      client.exists(`bull:${queueName}:id`).then(
        () => true,
        () => false,
      ),
    );
  });

  it("is what ASSAY_QUEUE_URL says where it says something", async () => {
    const told = "redis://agents:shared@redis.lab:6379";
    const second = await Application.start(postgres.url, { REDIS_URL: redis.url, ASSAY_QUEUE_URL: told });
    try {
      expect((await enroll("redis-05", second)).url).toBe(told);
    } finally {
      await second.stop();
    }
  });

  it("makes the start end with a sentence where Redis does not let us make it", async () => {
    const root = connect(redis.url);
    await root.call("ACL", "SETUSER", "small", "on", ">pw", "~*", "&*", "+@all", "-acl", "+acl|users");
    const url = redis.url.replace(`:${PASSWORD}@`, "small:pw@");
    const refused = await Application.listen(postgres.url, undefined, { REDIS_URL: url });
    try {
      await expect(refused.ready()).rejects.toThrow(StartRefused);
      await expect(refused.ready()).rejects.toThrow(/set ASSAY_QUEUE_URL to an account/);
    } finally {
      await refused.stop();
    }
  });
});
