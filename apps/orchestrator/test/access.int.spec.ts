/** Who may call what: every route of the running application against every role, and nobody. */
import { type Answer, Application, type Role, type Route, TestPostgres } from "./application";

jest.setTimeout(180_000);

type Need = Role | "public" | "enrollment";

/** The least role of each route. A route that is not here, or is here and not in the application, fails the test. */
const NEEDS: Record<string, Need> = {
  "GET /": "public",
  "GET /livez": "public",
  "GET /readyz": "public",
  "GET /version": "public",
  "GET /metrics": "viewer",
  "GET /api/v1/openapi.json": "viewer",

  "GET /api/v1/tokens": "admin",
  "POST /api/v1/tokens": "admin",
  "DELETE /api/v1/tokens/:id": "admin",
  "POST /api/v1/enrollments": "admin",

  "GET /api/v1/hosts": "viewer",
  "GET /api/v1/hosts/:host": "viewer",
  "POST /api/v1/hosts/:host/drain": "operator",
  "POST /api/v1/hosts/:host/undrain": "operator",
  "GET /api/v1/duts": "viewer",
  "GET /api/v1/duts/:dut": "viewer",
  "POST /api/v1/duts/:dut/hold": "operator",
  "POST /api/v1/duts/:dut/quarantine": "operator",
  "POST /api/v1/duts/:dut/release": "operator",
  "PUT /api/v1/duts/:dut/labels": "operator",

  "GET /api/v1/plans": "viewer",
  "POST /api/v1/plans": "operator",
  "POST /api/v1/plans/validate": "viewer",
  "GET /api/v1/plans/:name": "viewer",
  "GET /api/v1/plans/:name/revisions/:hash": "viewer",

  "GET /api/v1/campaigns": "viewer",
  "POST /api/v1/campaigns": "operator",
  "GET /api/v1/campaigns/:id": "viewer",
  "POST /api/v1/campaigns/:id/pause": "operator",
  "POST /api/v1/campaigns/:id/resume": "operator",
  "POST /api/v1/campaigns/:id/cancel": "operator",

  "GET /api/v1/runs": "viewer",
  "POST /api/v1/runs": "operator",
  "GET /api/v1/runs/:id": "viewer",
  "POST /api/v1/runs/:id/cancel": "operator",
  "POST /api/v1/runs/:id/release": "operator",
  "POST /api/v1/runs/:id/retry": "operator",
  "POST /api/v1/runs/:id/fence": "operator",
  "POST /api/v1/runs/:id/attributions": "operator",
  "POST /api/v1/runs/:id/pin": "operator",
  "POST /api/v1/runs/:id/unpin": "operator",
  "GET /api/v1/runs/:id/events": "viewer",
  "GET /api/v1/runs/:id/stream": "viewer",
  "GET /api/v1/runs/:id/cmdlog": "viewer",
  "GET /api/v1/runs/:id/samples": "viewer",
  "GET /api/v1/runs/:id/metrics": "viewer",
  "GET /api/v1/runs/:id/rollups": "viewer",
  "GET /api/v1/runs/:id/histograms": "viewer",
  "GET /api/v1/runs/:id/snapshots": "viewer",
  "POST /api/v1/runs/:id/evaluations": "operator",
  "GET /api/v1/runs/:id/report": "viewer",
  "GET /api/v1/runs/:id/explanation": "viewer",
  "GET /api/v1/campaigns/:id/report": "viewer",
  "GET /api/v1/compare": "viewer",
  "GET /api/v1/statuses": "viewer",

  "POST /api/v1/agent/enroll": "enrollment",
  "PUT /api/v1/agent/inventory": "agent",
  "POST /api/v1/agent/heartbeat": "agent",
  "POST /api/v1/agent/runs/:id/claim": "agent",
  "POST /api/v1/agent/runs/:id/events": "agent",
  "PUT /api/v1/agent/runs/:id/cmdlog/:qid": "agent",
};

const NOBODY = "00000000-0000-4000-8000-000000000000";
const ROLES: Role[] = ["viewer", "operator", "admin", "agent"];
const ENOUGH: Record<Need, Role[]> = {
  public: ROLES,
  enrollment: ROLES,
  viewer: ["viewer", "operator", "admin"],
  operator: ["operator", "admin"],
  admin: ["admin"],
  agent: ["agent"],
};

describe("access", () => {
  let postgres: TestPostgres;
  let application: Application;
  let hostId: string;
  const tokens = {} as Record<Role, string>;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    application = await Application.start(postgres.url);
    hostId = await application.hostNamed("lab-01");
    for (const role of ROLES) tokens[role] = await application.tokenOf(role, role === "agent" ? hostId : null);
  });
  afterAll(async () => {
    await application?.stop();
    await postgres?.remove();
  });

  const keyOf = ({ method, url }: Route) => `${method} ${url}`;
  const listed = () => application.routes.filter(({ method }) => method !== "HEAD");

  function ask({ method, url }: Route, token?: string): Promise<Answer> {
    const path = url.replace(/:[a-z]+/gi, (name) => (name === ":qid" ? "1" : NOBODY));
    const body = method === "GET" || method === "DELETE" || method === "HEAD" ? undefined : {};
    return application.call(method, path, { token, body });
  }

  it("is decided here for every route that the application has", () => {
    expect(listed().map(keyOf).sort()).toEqual(Object.keys(NEEDS).sort());
  });

  it("is denied to whoever has no token, also for routes that do not exist", async () => {
    for (const route of application.routes) {
      const need = NEEDS[keyOf({ ...route, method: route.method === "HEAD" ? "GET" : route.method })];
      const { status } = await ask(route);
      // The enrolment is answered, but only to say what is wrong with its body.
      const expected = need === "public" ? 200 : need === "enrollment" ? 400 : 401;
      expect(`${keyOf(route)} ${status}`).toBe(`${keyOf(route)} ${expected}`);
    }
    expect(await application.call("GET", "/api/v1/nothing")).toMatchObject({ status: 401 });
    expect(await application.call("GET", "/.env")).toMatchObject({ status: 401 });
  });

  it("is denied to an unknown token on every route but the public ones", async () => {
    for (const route of listed()) {
      const { status } = await ask(route, "assay_admin_not-one-of-ours-at-all-000000000000000");
      expect(`${keyOf(route)} ${status === 401}`).toBe(`${keyOf(route)} ${NEEDS[keyOf(route)] !== "public"}`);
    }
  });

  it.each(ROLES)("is given to a %s where the role is enough, and nowhere else", async (role) => {
    for (const route of listed()) {
      const { status, body } = await ask(route, tokens[role]);
      const allowed = ENOUGH[NEEDS[keyOf(route)]!].includes(role);
      expect(`${keyOf(route)} denied: ${body?.code === "forbidden"}`).toBe(`${keyOf(route)} denied: ${!allowed}`);
      expect(`${keyOf(route)} our fault: ${status >= 500}`).toBe(`${keyOf(route)} our fault: false`);
    }
  });

  it("ends with the token", async () => {
    const token = await application.tokenOf("viewer");
    const { body } = await application.call("GET", "/api/v1/tokens?limit=500", { token: tokens.admin });
    const { id } = body.items.find((row: { name: string; revokedAt: string | null }) => row.name === "the viewer");
    expect((await application.call("GET", "/api/v1/runs", { token })).status).toBe(200);
    await application.call("DELETE", `/api/v1/tokens/${id}`, { token: tokens.admin });
    expect((await application.call("GET", "/api/v1/runs", { token })).status).toBe(401);
  });

  it("is given to a token that an admin made, which no list shows again", async () => {
    const made = await application.call("POST", "/api/v1/tokens", {
      token: tokens.admin,
      body: { name: "night shift", role: "operator" },
    });
    expect(made.status).toBe(201);
    const { token } = made.body;
    expect((await application.call("GET", "/api/v1/duts", { token })).status).toBe(200);
    const list = await application.call("GET", "/api/v1/tokens", { token: tokens.admin });
    expect(JSON.stringify(list.body)).not.toContain(token);
    const stored = await application.database.query("SELECT * FROM token");
    expect(JSON.stringify(stored, (_, value) => (typeof value === "bigint" ? `${value}` : value))).not.toContain(token);
  });

  it("never makes a token of an agent by hand", async () => {
    const answer = await application.call("POST", "/api/v1/tokens", {
      token: tokens.admin,
      body: { name: "x", role: "agent" },
    });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ path: "role" }] } });
  });
});
