/** How a host joins, what it tells and what is kept of it; the catalogue that a new orchestrator brings. */
import { type SlotReport, WIRE_VERSION } from "@assay/protocol";
import { Client } from "pg";
import { Catalog } from "../src/plans/catalog";
import { Application, TestPostgres } from "./application";

jest.setTimeout(180_000);

const identity = (serial: string, more = {}) => ({
  model: "SIM",
  serial,
  nguid: null,
  eui64: null,
  firmware: "1.0",
  ...more,
});

function slot(name: string, drive: ReturnType<typeof identity> | null, more: Partial<SlotReport> = {}): SlotReport {
  const observed = drive && {
    ...{
      identity: drive,
      capacityBytes: "9007199254740993",
      lbaBytes: 512,
      metadataBytes: 0,
      lbaFormatsBytes: [512, 4096],
    },
  };
  return {
    ...{ name, path: { transport: "model", address: `drives/${name}`, nqn: null }, listed: [], effects: ["writes"] },
    ...{
      power: "simulated",
      powerDomain: "rack-1",
      numaNode: null,
      labels: { bench: "demo" },
      observed,
      blocked: null,
    },
    ...more,
  };
}

describe("a host", () => {
  let postgres: TestPostgres;
  let application: Application;
  let admin: string;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    application = await Application.start(postgres.url);
    admin = await application.tokenOf("admin");
  });
  afterAll(async () => {
    await application?.stop();
    await postgres?.remove();
  });

  const rows = (sql: string, values: unknown[] = []) => application.database.query(sql, values);
  const get = async (path: string) => (await application.call("GET", `/api/v1${path}`, { token: admin })).body;
  const enroll = (hostName: string, token: string, wireVersion = WIRE_VERSION) =>
    application.call("POST", "/api/v1/agent/enroll", { body: { wireVersion, token, hostName } });

  async function invite(hostName: string): Promise<string> {
    const answer = await application.call("POST", "/api/v1/enrollments", { token: admin, body: { hostName } });
    return answer.body.token;
  }
  async function join(hostName: string): Promise<string> {
    return (await enroll(hostName, await invite(hostName))).body.credential;
  }
  const tell = (token: string, slots: SlotReport[], bootId = "boot-1") =>
    application.call("PUT", "/api/v1/agent/inventory", {
      token,
      body: {
        ...{ wireVersion: WIRE_VERSION, agentVersion: "0.1.0", driverVersion: "0.1.0", spdkVersion: null },
        ...{ kernel: "6.1", bootId, slots },
      },
    });
  const beat = (token: string, agentTimeMs = Date.now()) =>
    application.call("POST", "/api/v1/agent/heartbeat", {
      token,
      body: {
        wireVersion: WIRE_VERSION,
        bootId: "boot-1",
        agentTimeMs,
        runs: [],
        spool: { usedBytes: 1, limitBytes: 2 },
      },
    });

  describe("joins", () => {
    it("once per token, under the name that was asked for, in the same wire version", async () => {
      const token = await invite("join-01");
      expect(await enroll("join-02", token)).toMatchObject({ status: 401, body: { code: "invalid-enrollment" } });
      expect(await enroll("join-01", token, WIRE_VERSION + 1)).toMatchObject({
        status: 409,
        body: { code: "wire-version", detail: expect.stringContaining("upgrade the orchestrator") },
      });
      const first = await enroll("join-01", token);
      expect(first).toMatchObject({ status: 200, body: { credential: expect.stringMatching(/^assay_agent_/) } });
      expect(await enroll("join-01", token)).toMatchObject({ status: 401 });
    });

    it("not with a token that is too old", async () => {
      const token = await invite("old-01");
      await rows("UPDATE enrollment_token SET expires_at = now() - interval '1 second' WHERE host_name = 'old-01'");
      expect(await enroll("old-01", token)).toMatchObject({ status: 401 });
    });

    it("again with a new token, and the credential before is void", async () => {
      const before = await join("again-01");
      const after = await join("again-01");
      expect((await beat(before)).status).toBe(401);
      expect((await beat(after)).status).toBe(200);
      expect(await rows("SELECT 1 FROM host WHERE name = 'again-01'")).toHaveLength(1);
    });

    it("with an account that reaches the queue and nothing else", async () => {
      const { queue } = (await enroll("queue-01", await invite("queue-01"))).body;
      expect(queue).toMatchObject({ backend: "postgres", schema: "bullmq" });
      const client = new Client({ connectionString: queue.connectionString });
      await client.connect();
      try {
        const [table] = (await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'bullmq' LIMIT 1"))
          .rows;
        await client.query(`SELECT 1 FROM bullmq.${table.tablename} LIMIT 1`);
        for (const barred of ["host", "token", "run", "setting", "telemetry.event", "_prisma_migrations"]) {
          await expect(client.query(`SELECT 1 FROM ${barred}`)).rejects.toThrow("permission denied");
        }
        await expect(client.query("CREATE TABLE mine (id int)")).rejects.toThrow("permission denied");
        await expect(client.query("CREATE ROLE other")).rejects.toThrow("permission denied");
      } finally {
        await client.end();
      }
    });
  });

  describe("tells its inventory, of which is kept", () => {
    it("slots, drives and their facts", async () => {
      const agent = await join("facts-01");
      expect(
        (await tell(agent, [slot("bay-1", identity("F1")), slot("bay-2", null, { blocked: "mounted" })])).status,
      ).toBe(200);
      const host = await get("/hosts/facts-01");
      expect(host).toMatchObject({ agentVersion: "0.1.0", kernel: "6.1" });
      expect(host.slots).toMatchObject([
        { name: "bay-1", dut: "F1", power: "simulated", powerDomain: "rack-1", labels: { bench: "demo" } },
        { name: "bay-2", dut: null, blocked: "mounted" },
      ]);
      expect(await get("/duts/F1")).toMatchObject({
        ...{ model: "SIM", host: "facts-01", slot: "bay-1", firmware: "1.0", health: "unknown", conflict: null },
        // Above 2^53: a decimal string.
        ...{ capacityBytes: "9007199254740993", lbaBytes: 512, labels: { bench: "demo" } },
      });
    });

    it("nothing more when it is told again", async () => {
      const agent = await join("same-01");
      const counted = () =>
        rows(`SELECT (SELECT count(*) FROM identity_observation) + (SELECT count(*) FROM host_observation)
                   + (SELECT count(*) FROM occupancy) + (SELECT count(*) FROM topology_edge)
                   + (SELECT count(*) FROM namespace_format) + (SELECT count(*) FROM slot) AS n`);
      await tell(agent, [slot("bay-1", identity("SAME1"))]);
      const before = await counted();
      await tell(agent, [slot("bay-1", identity("SAME1"))]);
      expect(await counted()).toEqual(before);
    });

    it("a dated row more for another firmware, another format and another boot", async () => {
      const agent = await join("change-01");
      await tell(agent, [slot("bay-1", identity("C1"))]);
      const formatted = slot("bay-1", identity("C1", { firmware: "2.0" }));
      formatted.observed!.lbaBytes = 4096;
      await tell(agent, [formatted], "boot-2");
      const dut = await get("/duts/C1");
      expect(dut).toMatchObject({ firmware: "2.0", lbaBytes: 4096 });
      expect(dut.observations.map(({ firmware }: { firmware: string }) => firmware)).toEqual(["2.0", "1.0"]);
      expect(dut.formats).toMatchObject([
        { lbaBytes: 4096, to: null },
        { lbaBytes: 512, to: expect.any(String) },
      ]);
      expect(await rows("SELECT revision FROM build WHERE model = 'SIM' ORDER BY revision")).toMatchObject([
        { revision: "1.0" },
        { revision: "2.0" },
      ]);
    });

    it("where a drive was before it was moved, within a host and between hosts", async () => {
      const [one, two] = [await join("move-01"), await join("move-02")];
      for (const agent of [one, two]) await beat(agent);
      await tell(one, [slot("a", identity("MOVED")), slot("b", null)]);
      await tell(one, [slot("a", null), slot("b", identity("MOVED"))]);
      await tell(one, [slot("a", null), slot("b", null)]);
      await tell(two, [slot("c", identity("MOVED"))]);
      const dut = await get("/duts/MOVED");
      expect(dut).toMatchObject({ host: "move-02", slot: "c", conflict: null, health: "unknown" });
      expect(dut.occupancies).toMatchObject([
        { host: "move-02", slot: "c", to: null },
        { host: "move-01", slot: "b", to: expect.any(String) },
        { host: "move-01", slot: "a", to: expect.any(String) },
      ]);
    });

    it("two drives that were exchanged", async () => {
      const agent = await join("swap-01");
      await tell(agent, [slot("a", identity("LEFT")), slot("b", identity("RIGHT"))]);
      await tell(agent, [slot("a", identity("RIGHT")), slot("b", identity("LEFT"))]);
      expect(await get("/duts/LEFT")).toMatchObject({ slot: "b", conflict: null });
      expect(await get("/duts/RIGHT")).toMatchObject({ slot: "a", conflict: null });
    });

    it("a conflict when two slots claim one identity, until one of them is gone", async () => {
      const [one, two] = [await join("twin-01"), await join("twin-02")];
      for (const agent of [one, two]) await beat(agent);
      await tell(one, [slot("a", identity("TWIN"))]);
      await tell(two, [slot("b", identity("TWIN"))]);
      const claimed = (await get("/duts?limit=500")).items.filter((dut: { serial: string }) => dut.serial === "TWIN");
      expect(claimed).toHaveLength(2);
      for (const dut of claimed) {
        expect(dut).toMatchObject({ health: "suspect", conflict: expect.stringContaining("2 slots") });
      }
      expect(await application.call("GET", "/api/v1/duts/TWIN", { token: admin })).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining("by its id") },
      });
      await tell(two, []);
      const first = claimed.find((dut: { host: string }) => dut.host === "twin-01");
      expect(await get(`/duts/${first.id}`)).toMatchObject({ conflict: null, health: "unknown", slot: "a" });
    });

    it("a drive with the serial of another but another witness as another drive, in conflict", async () => {
      const agent = await join("witness-01");
      await tell(agent, [slot("a", identity("W", { nguid: "1".repeat(32) }))]);
      await tell(agent, [slot("a", identity("W", { nguid: "2".repeat(32) }))]);
      const both = (await get("/duts?limit=500")).items.filter((dut: { serial: string }) => dut.serial === "W");
      expect(both).toMatchObject(
        expect.arrayContaining([
          expect.objectContaining({ slot: null }),
          expect.objectContaining({ slot: "a", health: "suspect", conflict: expect.stringContaining("witnesses") }),
        ]),
      );
      const doubted = both.find((dut: { slot: string | null }) => dut.slot === "a");
      const path = `/api/v1/duts/${doubted.id}/release`;
      const believed = await application.call("POST", path, { token: admin, body: { reason: "namespace made anew" } });
      expect(believed).toMatchObject({ status: 200, body: { conflict: null, health: "unknown" } });
      await tell(agent, [slot("a", identity("W", { nguid: "2".repeat(32) }))]);
      expect(await get(`/duts/${doubted.id}`)).toMatchObject({ conflict: null, slot: "a" });
    });

    it("the end of a slot that its file no longer names", async () => {
      const agent = await join("shrink-01");
      await tell(agent, [slot("a", identity("SHRINK"))]);
      await tell(agent, []);
      expect(await get("/hosts/shrink-01")).toMatchObject({ slots: [] });
      expect(await get("/duts/SHRINK")).toMatchObject({
        slot: null,
        occupancies: [{ slot: "a", to: expect.any(String) }],
      });
    });
  });

  it("is refused an inventory of another wire version, in words", async () => {
    const agent = await join("wire-01");
    const body = { wireVersion: WIRE_VERSION + 1 };
    const full = {
      ...body,
      agentVersion: "9",
      driverVersion: "9",
      spdkVersion: null,
      kernel: "6",
      bootId: "b",
      slots: [],
    };
    const answer = await application.call("PUT", "/api/v1/agent/inventory", { token: agent, body: full });
    expect(answer).toMatchObject({ status: 409, body: { code: "wire-version" } });
  });

  it("is online from its heartbeat on, with the offset of its clock", async () => {
    const agent = await join("beat-01");
    expect(await get("/hosts/beat-01")).toMatchObject({ observed: "offline" });
    const answer = await beat(agent, Date.now() + 60_000);
    expect(answer.body).toMatchObject({ assignments: [], cancels: [], revokes: [], releases: [] });
    const host = await get("/hosts/beat-01");
    expect(host).toMatchObject({ observed: "online", spoolUsedBytes: 1, spoolLimitBytes: 2 });
    expect(Math.abs(host.clockOffsetMs - 60_000)).toBeLessThan(10_000);
  });

  it("is drained and undrained; its DUT is held, quarantined and released, by whom and why", async () => {
    const agent = await join("intent-01");
    await tell(agent, [slot("a", identity("INTENT"))]);
    const post = (path: string, body = {}) => application.call("POST", `/api/v1${path}`, { token: admin, body });
    expect(await post("/hosts/intent-01/drain", { reason: "fan" })).toMatchObject({
      body: { intent: "draining", intentReason: expect.stringContaining("fan") },
    });
    expect(await post("/hosts/intent-01/undrain")).toMatchObject({ body: { intent: "active" } });
    expect(await post("/duts/INTENT/hold")).toMatchObject({ status: 400, body: { problems: [{ path: "reason" }] } });
    expect(await post("/duts/INTENT/hold", { reason: "noise" })).toMatchObject({ body: { intent: "hold" } });
    expect(await post("/duts/INTENT/quarantine", { reason: "smoke" })).toMatchObject({
      body: { intent: "quarantined" },
    });
    const released = await post("/duts/INTENT/release", { reason: "fixed" });
    expect(released.body).toMatchObject({ intent: "available" });
    expect(released.body.holds).toMatchObject([
      { intent: "quarantined", reason: "smoke", heldBy: "the admin", releasedBy: "the admin", releaseReason: "fixed" },
      { intent: "hold", reason: "noise", releasedBy: "the admin" },
    ]);
    expect(await post("/duts/INTENT/release", { reason: "again" })).toMatchObject({ status: 409 });
  });

  it("shows a DUT under its slot's labels and its own", async () => {
    const agent = await join("label-01");
    await tell(agent, [slot("a", identity("LABEL"), { labels: { bench: "demo", shelf: "3" } })]);
    const put = await application.call("PUT", "/api/v1/duts/LABEL/labels", {
      token: admin,
      body: { labels: { bench: "mine" } },
    });
    expect(put.body.labels).toEqual({ bench: "mine", shelf: "3" });
    expect((await get("/duts?label=shelf%3D3")).items.map(({ serial }: { serial: string }) => serial)).toEqual([
      "LABEL",
    ]);
  });

  describe("the catalogue", () => {
    it("is there from the first start, and a second start adds nothing", async () => {
      const plans = (await get("/plans")).items.map(({ name }: { name: string }) => name);
      expect(plans).toEqual(
        expect.arrayContaining(["smoke", "verify-soak", "random-read", "reset-under-io", "dirty-power-cycle"]),
      );
      const counted = () =>
        rows("SELECT (SELECT count(*) FROM plan_revision) + (SELECT count(*) FROM data_sheet) AS n");
      const before = await counted();
      await application.app.get(Catalog).load();
      expect(await counted()).toEqual(before);
      const smoke = await get("/plans/smoke");
      expect(await get(`/plans/smoke/revisions/${smoke.revisions[0].hash}`)).toMatchObject({ source: smoke.source });
    });
  });
});
