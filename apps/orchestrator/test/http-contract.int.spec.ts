/** What every route has in common: problems, limits, idempotency, audit, readiness. */
import { Application, type Role, TestPostgres } from "./application";

jest.setTimeout(180_000);

const PLAN = `apiVersion: assay/v1
kind: Plan
metadata: {name: tiny, version: 1.0.0}
spec:
  steps:
    - snapshot: {id: s, of: [smart]}
  criteria:
    - {id: calm, metric: s.smart.criticalWarning, eq: 0}
  timeouts: {run: 1m}
`;

describe("the HTTP API", () => {
  let postgres: TestPostgres;
  let application: Application;
  const tokens = {} as Record<Role, string>;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    application = await Application.start(postgres.url);
    for (const role of ["viewer", "operator", "admin"] as const) tokens[role] = await application.tokenOf(role);
  });
  afterAll(async () => {
    await application?.stop();
    await postgres?.remove();
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = {}, role: Role = "admin") =>
    application.call("POST", path, { token: tokens[role], body, headers });

  describe("answers a wrong request with problem+json that", () => {
    it("names each wrong member by its path", async () => {
      const { status, headers, body } = await post("/api/v1/tokens", { name: "", role: "king" });
      expect(headers.get("content-type")).toContain("application/problem+json");
      expect({ status, body }).toMatchObject({
        status: 400,
        body: {
          type: "urn:assay:problem:invalid-request",
          status: 400,
          problems: [{ path: "name" }, { path: "role" }],
        },
      });
    });

    it("says that JSON is malformed", async () => {
      expect(await post("/api/v1/tokens", "{not json")).toMatchObject({
        status: 400,
        body: { code: "invalid-request" },
      });
    });

    it("says which cursor it does not know", async () => {
      const answer = await application.call("GET", "/api/v1/duts?cursor=bm9uc2Vuc2U", { token: tokens.viewer });
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid-cursor" } });
    });

    it("says that there is no such route, to whoever has a token", async () => {
      const answer = await application.call("GET", "/api/v1/nothing", { token: tokens.viewer });
      expect(answer).toMatchObject({ status: 404, body: { code: "not-found" } });
    });

    it("lists all mistakes of a plan with line and column", async () => {
      const { status, body } = await post("/api/v1/plans", { source: PLAN.replace("id: s", "id: s, wings: 2") });
      expect({ status, body }).toMatchObject({ status: 422, body: { code: "invalid-plan" } });
      expect(body.problems[0]).toMatchObject({
        line: 6,
        column: expect.any(Number),
        message: expect.stringContaining("wings"),
      });
    });
  });

  describe("refuses a body that", () => {
    it("is too large, before reading it", async () => {
      const big = "x".repeat(5 * 1024 * 1024);
      const answer = await post("/api/v1/plans", { source: big }).catch((error: Error) => error);
      // Node's client may see the closed connection before the answer.
      if (!(answer instanceof Error)) expect(answer).toMatchObject({ status: 413, body: { code: "too-large" } });
    });

    it("is larger than an enrolment, from whoever has no token", async () => {
      const answer = await application.call("POST", "/api/v1/agent/enroll", { body: { token: "x".repeat(70_000) } });
      expect(answer).toMatchObject({ status: 413, body: { code: "too-large" } });
    });
  });

  describe("with an Idempotency-Key", () => {
    it("carries a POST out once and answers its repeat the same", async () => {
      const key = { "idempotency-key": "push-1" };
      const first = await post("/api/v1/plans", { source: PLAN }, key);
      const again = await post("/api/v1/plans", { source: PLAN }, key);
      expect(first).toMatchObject({ status: 201, body: { name: "tiny", created: true } });
      expect(again).toMatchObject({ status: 201, body: first.body });
      expect(again.headers.get("idempotent-replayed")).toBe("true");
    });

    it("refuses another request with the same key", async () => {
      const answer = await post("/api/v1/plans", { source: `${PLAN}# more\n` }, { "idempotency-key": "push-1" });
      expect(answer).toMatchObject({ status: 422, body: { code: "idempotency-key-reused" } });
    });

    it("keeps the keys of two tokens apart", async () => {
      const answer = await post(
        "/api/v1/plans",
        { source: `${PLAN}# mine\n` },
        { "idempotency-key": "push-1" },
        "operator",
      );
      expect(answer.status).toBe(201);
    });

    it("gives the key back after a refusal", async () => {
      const key = { "idempotency-key": "push-2" };
      expect(await post("/api/v1/plans", { source: "nothing" }, key)).toMatchObject({ status: 422 });
      expect(await post("/api/v1/plans", { source: PLAN }, key)).toMatchObject({ status: 201 });
    });

    it("carries out one of many that come at once", async () => {
      const key = { "idempotency-key": "all-at-once" };
      const wish = { name: "one of many", role: "viewer" };
      const answers = await Promise.all(Array.from({ length: 8 }, () => post("/api/v1/tokens", wish, key)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
      const rows = await application.database.query("SELECT 1 FROM token WHERE name = 'one of many'");
      expect(rows).toHaveLength(1);
    });

    it("keeps no secret for a repeat", async () => {
      const key = { "idempotency-key": "secret-1" };
      const { body } = await post("/api/v1/tokens", { name: "secret", role: "viewer" }, key);
      expect(await post("/api/v1/tokens", { name: "secret", role: "viewer" }, key)).toMatchObject({ status: 409 });
      const kept = await application.database.query("SELECT body FROM idempotency_key");
      expect(JSON.stringify(kept)).not.toContain(body.token);
    });
  });

  describe("writes an audit row", () => {
    const audited = (action: string) =>
      application.database.query<{ actor: string; status: number; detail: unknown }>(
        "SELECT actor, role, action, method, path, status, detail FROM audit WHERE action = $1 ORDER BY id",
        [action],
      );

    it("of a mutating call, with who and what", async () => {
      await post("/api/v1/enrollments", { hostName: "audited-01" });
      expect(await audited("createEnrollment")).toMatchObject([
        { actor: "the admin", role: "admin", method: "POST", status: 201, detail: { hostName: "audited-01" } },
      ]);
    });

    it("of one that was refused", async () => {
      await post("/api/v1/duts/nothing/hold", { reason: "noise" }, {}, "viewer");
      expect(await audited("holdDut")).toMatchObject([{ actor: "the viewer", role: "viewer", status: 403 }]);
    });

    it("of none that only reads", async () => {
      const before = await application.database.query("SELECT 1 FROM audit");
      await application.call("GET", "/api/v1/duts", { token: tokens.viewer });
      expect(await application.database.query("SELECT 1 FROM audit")).toHaveLength(before.length);
    });

    it("that nobody rewrites", async () => {
      await expect(application.database.query("UPDATE audit SET actor = 'somebody else'")).rejects.toThrow(
        "append-only",
      );
    });
  });

  describe("while the database is away", () => {
    it("is alive, says what is missing, answers 503, and recovers by itself", async () => {
      expect(await application.call("GET", "/readyz")).toMatchObject({
        status: 200,
        body: { ready: true, missing: [] },
      });
      await postgres.stop();
      const began = Date.now();
      const ready = await application.call("GET", "/readyz");
      expect(ready).toMatchObject({
        status: 503,
        body: { ready: false, missing: [expect.stringContaining("database")] },
      });
      // It never hangs: the probe is bounded by 1.5 s.
      expect(Date.now() - began).toBeLessThan(10_000);
      expect((await application.call("GET", "/livez")).status).toBe(200);
      expect(await application.call("GET", "/version")).toMatchObject({
        status: 200,
        body: { version: expect.any(String) },
      });
      expect((await application.call("GET", "/")).body).toContain("<h1>Assay</h1>");
      const read = await application.call("GET", "/api/v1/duts", { token: tokens.viewer });
      expect(read).toMatchObject({ status: 503, body: { code: "unavailable" } });
      expect(read.headers.get("retry-after")).toBe("2");
      await postgres.startAgain();
      expect(await application.call("GET", "/readyz")).toMatchObject({ status: 200, body: { ready: true } });
      expect((await application.call("GET", "/api/v1/duts", { token: tokens.viewer })).status).toBe(200);
    });
  });

  it("describes itself and its numbers to whoever may read", async () => {
    const description = await application.call("GET", "/api/v1/openapi.json", { token: tokens.viewer });
    expect(description.body).toMatchObject({ openapi: "3.1.0", paths: { "/api/v1/runs": expect.anything() } });
    const metrics = await application.call("GET", "/metrics", { token: tokens.viewer });
    expect(metrics.body).toContain("assay_http_request_duration_seconds");
    expect(metrics.body).toContain('assay_runs_open{state="queued"} 0');
    expect(metrics.body).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  });
});
