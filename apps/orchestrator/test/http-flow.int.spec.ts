/** One run over HTTP and the queue, with an agent that is made of requests. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { doorbellSchema, type RunOrder } from "@assay/protocol";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { appModule } from "../src/app.module";
import { openQueueBackend, type QueueBackend } from "../src/dispatch/queue-backend";
import { buildApp } from "../src/platform/build-app";
import { configFrom } from "../src/platform/config";
import { Database } from "../src/platform/database";
import { Startup } from "../src/platform/startup";
import {
  ENDED,
  FINISHED,
  type Flow,
  FlowDatabase,
  miscompares,
  numbered,
  planSource,
  SILENT_LOG,
  STARTED,
  type TestHost,
} from "./flow";
import { eventually } from "./queue-suite";
import { RedisServer, redisMissing } from "./redis-server";

jest.setTimeout(120_000);

class Orchestrator {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly base: string,
  ) {}

  static async start(databaseUrl: string, redisUrl: string | null): Promise<Orchestrator> {
    const config = configFrom({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl ?? "", ASSAY_LOG: "error" });
    const app = await buildApp(appModule(config), SILENT_LOG);
    await app.listen(0, "127.0.0.1");
    await app.get(Startup).run([]);
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Orchestrator(app, `http://127.0.0.1:${port}/api/v1`);
  }

  async call(token: string, method: string, path: string, body?: unknown) {
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  }

  async stop(): Promise<void> {
    await this.app.get(Startup).stop();
    await this.app.close();
  }
}

async function tokenOf(database: Database, role: string, hostId: string | null = null): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(token).digest("hex");
  await database.query("INSERT INTO token (name, role, hash, host_id, created_by) VALUES ($1, $2, $3, $4, 'test')", [
    `${role} of the test`,
    ...[role, hash, hostId],
  ]);
  return token;
}

function suite(openRedis: () => string | null): void {
  let server: FlowDatabase;
  let seed: Flow;
  let orchestrator: Orchestrator;
  let queues: QueueBackend;
  let host: TestHost;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    server = await FlowDatabase.start();
    seed = await server.open();
    seed.clock.pass(Date.now() - seed.clock.now().getTime());
    await seed.addPlan(planSource("soak"));
    host = await seed.addHost(2);
    for (const role of ["viewer", "operator"]) tokens[role] = await tokenOf(seed.database, role);
    tokens.agent = await tokenOf(seed.database, "agent", host.id);
    tokens.stranger = await tokenOf(seed.database, "agent", (await seed.addHost(1)).id);
    orchestrator = await Orchestrator.start(server.url, openRedis());
    queues = openQueueBackend(server.url, openRedis());
    await queues.prepare();
  });
  afterAll(async () => {
    await queues?.close();
    await orchestrator?.stop();
    await seed?.close();
    await server?.stop();
  });

  const as = (who: string, method: string, path: string, body?: unknown) =>
    orchestrator.call(tokens[who]!, method, path, body);
  const events = (runId: string, bodies: Parameters<typeof numbered>[0], first = 1) =>
    as("agent", "POST", `/agent/runs/${runId}/events`, { eventVersion: 1, epoch: 1, events: numbered(bodies, first) });

  it("is rung, claimed, streamed and judged; an order rung three times runs once", async () => {
    const claimed: RunOrder[] = [];
    const worker = await queues.openWorker(
      host.name,
      async ({ data }) => {
        const { runId: id, epoch } = doorbellSchema.parse(data);
        const answer = await as("agent", "POST", `/agent/runs/${id}/claim`, { wireVersion: 1, epoch });
        if (answer.status === 200) claimed.push(answer.body);
      },
      { runRetryDelay: 1000 },
    );
    worker.on("error", () => {});
    const submitted = await as("operator", "POST", "/runs", { plan: "soak", dut: host.duts[0]!.serial });
    expect(submitted).toMatchObject({ status: 201, body: { plan: "soak", verdict: null } });
    const runId = submitted.body.id as string;
    await eventually("the claim", () => claimed.length > 0);
    expect(claimed[0]).toMatchObject({ runId, epoch: 1, slot: "bay-0" });
    const again = await as("agent", "POST", `/agent/runs/${runId}/claim`, { wireVersion: 1, epoch: 1 });
    expect(again.body).toEqual(claimed[0]);
    await worker.close();

    const seen = streamOf(`${orchestrator.base}/runs/${runId}/stream`, tokens.viewer!);
    expect(await events(runId, [STARTED, miscompares(0)])).toEqual({ status: 200, body: { nextSeq: 3, late: false } });
    expect(await events(runId, [FINISHED], 5)).toMatchObject({
      status: 409,
      body: { code: "sequence-gap", nextSeq: 3 },
    });
    await events(runId, [FINISHED, ENDED], 3);
    const text = await seen;
    expect([...text.matchAll(/^id: (\d+)$/gm)].map((match) => match[1])).toEqual(["1", "2", "3", "4"]);
    expect(text).toMatch(/event: verdict\ndata: \{"verdict":"passed"/);
    const resumed = await streamOf(`${orchestrator.base}/runs/${runId}/stream`, tokens.viewer!, "2");
    expect([...resumed.matchAll(/^id: (\d+)$/gm)].map((match) => match[1])).toEqual(["3", "4"]);

    expect((await as("viewer", "GET", `/runs/${runId}`)).body).toMatchObject({
      verdict: "passed",
      criteria: [{ id: "data", outcome: "passed" }],
    });
    expect((await as("viewer", "GET", `/runs/${runId}/metrics`)).body.items).toMatchObject([
      { metric: "iops" },
      { metric: "miscompares", value: 0 },
    ]);
    expect((await as("viewer", "GET", `/runs/${runId}/events?after=1&limit=2`)).body).toMatchObject({
      items: [{ seq: 2 }, { seq: 3 }],
      nextCursor: "3",
    });
    expect((await as("viewer", "GET", `/runs/${runId}/cmdlog`)).body).toEqual({ queues: [] });
    expect((await as("viewer", "GET", "/compare?plan=soak&metric=io.iops&a=1.0&b=2.0")).status).toBe(200);
  });

  it("runs a campaign in order and shows it in one table", async () => {
    await seed.addPlan(planSource("first"));
    const created = await as("operator", "POST", "/campaigns", {
      name: "nightly",
      plans: [{ name: "first" }, { name: "soak" }],
      select: { duts: [host.duts[1]!.serial] },
    });
    expect(created).toMatchObject({
      status: 201,
      body: { counts: { passed: 0 }, notApplicable: [], plans: [{ name: "first" }, { name: "soak" }] },
    });
    const { id } = created.body;
    for (const plan of ["first", "soak"]) {
      let runId = "";
      await eventually(`${plan} is assigned`, async () => {
        const { verdicts } = (await as("viewer", "GET", `/campaigns/${id}`)).body;
        const cell = verdicts.find((it: { plan: string }) => it.plan === plan);
        runId = cell.runId;
        return cell.state === "assigned";
      });
      expect((await as("agent", "POST", `/agent/runs/${runId}/claim`, { wireVersion: 1, epoch: 1 })).status).toBe(200);
      await events(runId, [STARTED, miscompares(0), FINISHED, ENDED]);
    }
    await eventually(
      "the campaign's end",
      async () => (await as("viewer", "GET", `/campaigns/${id}`)).body.endedAt !== null,
    );
    expect((await as("viewer", "GET", `/campaigns/${id}`)).body).toMatchObject({ counts: { passed: 2, queued: 0 } });
    expect((await as("viewer", "GET", "/campaigns?limit=1")).body.items).toMatchObject([{ id }]);
  });

  it("pauses, resumes and cancels a campaign", async () => {
    const select = { duts: [host.duts[0]!.serial] };
    const paused = await as("operator", "POST", "/campaigns", { name: "paused", plans: [{ name: "soak" }], select });
    const { id } = paused.body;
    const cancelled = await as("operator", "POST", `/campaigns/${id}/cancel`, { reason: "not tonight" });
    expect(cancelled).toMatchObject({ status: 200, body: { intent: "cancelled" } });
    await eventually(
      "the abort",
      async () => (await as("viewer", "GET", `/campaigns/${id}`)).body.counts.aborted === 1,
    );
    expect((await as("operator", "POST", `/campaigns/${id}/resume`)).status).toBe(409);
    expect(
      (await as("operator", "POST", "/campaigns", { name: "none", plans: [{ name: "soak" }], select: { duts: ["X"] } }))
        .status,
    ).toBe(422);
    expect(
      (await as("operator", "POST", "/campaigns", { name: "all", plans: [{ name: "soak" }], select: {} })).status,
    ).toBe(400);
  });

  it("answers nobody who may not ask", async () => {
    const run = await as("operator", "POST", "/runs", { plan: "soak", dut: host.duts[0]!.serial, priority: -5 });
    const { id } = run.body;
    expect((await as("viewer", "POST", "/runs", { plan: "soak", dut: host.duts[0]!.serial })).status).toBe(403);
    expect((await as("viewer", "POST", `/runs/${id}/cancel`)).status).toBe(403);
    expect((await as("agent", "GET", `/runs/${id}`)).status).toBe(403);
    expect((await as("operator", "POST", `/agent/runs/${id}/claim`, { wireVersion: 1, epoch: 1 })).status).toBe(403);
    await eventually(
      "the assignment",
      async () => (await as("viewer", "GET", `/runs/${id}`)).body.state === "assigned",
    );
    expect((await as("stranger", "POST", `/agent/runs/${id}/claim`, { wireVersion: 1, epoch: 1 })).status).toBe(403);
    const batch = { eventVersion: 1, epoch: 1, events: numbered([STARTED]) };
    expect((await as("stranger", "POST", `/agent/runs/${id}/events`, batch)).status).toBe(403);
    expect((await as("agent", "POST", `/agent/runs/${id}/claim`, { wireVersion: 99, epoch: 1 })).body.code).toBe(
      "wire-version",
    );
    expect((await fetch(`${orchestrator.base}/runs/${id}`)).status).toBe(401);
    expect((await as("operator", "POST", `/runs/${id}/cancel`, { reason: "done" })).body).toMatchObject({
      verdict: "aborted",
    });
  });

  it("answers what cannot be a value with what is wrong and where, never with a fault of its own", async () => {
    const { serial } = host.duts[0]!;
    const { id } = (await as("operator", "POST", "/runs", { plan: "soak", dut: serial, priority: -9 })).body;
    const cursor = Buffer.from("[3000000000,0]").toString("base64url");
    const bad: [string, string, unknown?][] = [
      ["GET", `/runs/${id}/events?after=3000000000`],
      ["GET", `/runs/${id}/samples?cursor=${cursor}`],
      ["GET", "/runs?dut=a%00b"],
      ["GET", "/duts/a%00b"],
      ["POST", "/runs", { plan: "soak", dut: "a\0b" }],
      ["POST", `/duts/${serial}/hold`, { reason: "half \ud83d" }],
    ];
    for (const [method, path, body] of bad) {
      expect([path, (await as("operator", method, path, body)).status]).toEqual([path, 400]);
    }
    expect((await as("operator", "POST", `/runs/${id}/cancel`)).status).toBe(200);
  });

  it("goes on after the orchestrator was restarted in the middle of a run", async () => {
    const { body } = await as("operator", "POST", "/runs", { plan: "soak", dut: host.duts[0]!.serial });
    await eventually(
      "the assignment",
      async () => (await as("viewer", "GET", `/runs/${body.id}`)).body.state === "assigned",
    );
    await as("agent", "POST", `/agent/runs/${body.id}/claim`, { wireVersion: 1, epoch: 1 });
    await events(body.id, [STARTED, miscompares(0)]);
    await orchestrator.stop();
    orchestrator = await Orchestrator.start(server.url, openRedis());
    expect((await events(body.id, [STARTED, miscompares(0), FINISHED, ENDED])).body).toEqual({
      nextSeq: 5,
      late: false,
    });
    await eventually(
      "the verdict",
      async () => (await as("viewer", "GET", `/runs/${body.id}`)).body.verdict === "passed",
    );
  });
}

describe("one run over HTTP and PostgreSQL", () => suite(() => null));

const missing = redisMissing();
if (missing !== null) console.log(`the same over Redis is skipped: ${missing}`);
(missing === null ? describe : describe.skip)("one run over HTTP and Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis?.stop());
  suite(() => redis.url);
});

/** The whole text of a server-sent event stream. */
async function streamOf(url: string, token: string, lastEventId?: string): Promise<string> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const asked = request(url, { headers }).end();
  const [answer] = await once(asked, "response");
  let text = "";
  for await (const piece of answer) text += String(piece);
  return text;
}
