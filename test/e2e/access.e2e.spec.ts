/** Who may do what, through the product: no token no data, roles, agents apart, drives that nobody listed untouched. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EVENT_VERSION, WIRE_VERSION } from "@assay/protocol";
import { assay } from "./assay";
import { hostFile } from "./drives";
import { eventually } from "./eventually";
import { startLab, type TestLab } from "./lab";
import { Rest } from "./rest";

interface Slot {
  name: string;
  dut: string | null;
  blocked: string | null;
}

describe("access", () => {
  let lab: TestLab;
  let admin: Rest;

  beforeAll(async () => {
    lab = await startLab({
      hostFile: hostFile([{ serial: "LISTED" }, { serial: "READONLY", effects: "[]" }]),
    });
    admin = Rest.of(lab);
    await eventually(
      "the drives are known",
      60_000,
      async () => (await admin.get<{ items: unknown[] }>("/duts")).items.length === 2,
    );
  }, 240_000);
  afterAll(() => lab?.stop(), 120_000);

  const token = async (role: string) => (await admin.post<{ token: string }>("/tokens", { name: role, role })).token;

  it("gives nothing without a token but the four pages that say what this is", async () => {
    const nobody = new Rest(lab.url, null);
    const wrong = new Rest(lab.url, "x".repeat(43));
    const closed = ["/api/v1/runs", "/api/v1/duts", "/api/v1/hosts", "/api/v1/plans", "/api/v1/campaigns"];
    for (const path of [
      ...closed,
      "/api/v1/tokens",
      "/api/v1/openapi.json",
      "/metrics",
      "/api/v1/nowhere",
      "/nowhere",
    ]) {
      expect([path, (await nobody.call("GET", path)).status]).toEqual([path, 401]);
      expect([path, (await wrong.call("GET", path)).status]).toEqual([path, 401]);
    }
    expect((await nobody.call("POST", "/api/v1/runs", { plan: "smoke", dut: "LISTED" })).status).toBe(401);
    for (const path of ["/", "/livez", "/readyz", "/version"])
      expect([path, (await nobody.call("GET", path)).status]).toEqual([path, 200]);
  });

  it("lets a viewer read and not submit, and an operator submit and not make tokens", async () => {
    const viewer = new Rest(lab.url, await token("viewer"));
    expect((await viewer.call("GET", "/api/v1/runs")).status).toBe(200);
    expect((await viewer.call("POST", "/api/v1/runs", { plan: "smoke", dut: "LISTED" })).status).toBe(403);
    expect((await viewer.call("POST", "/api/v1/duts/LISTED/hold", { reason: "mine" })).status).toBe(403);
    const operator = new Rest(lab.url, await token("operator"));
    expect((await operator.call("POST", "/api/v1/tokens", { name: "more", role: "admin" })).status).toBe(403);
    expect((await operator.call("POST", "/api/v1/enrollments", { hostName: "mine" })).status).toBe(403);
    expect((await operator.call("GET", "/api/v1/agent/heartbeat")).status).not.toBe(200);
  });

  it("refuses a token from the moment it is revoked", async () => {
    const made = await admin.post<{ id: string; token: string }>("/tokens", { name: "leaver", role: "viewer" });
    const leaver = new Rest(lab.url, made.token);
    expect((await leaver.call("GET", "/api/v1/runs")).status).toBe(200);
    const { code } = await assay(["token", "revoke", made.id], { ASSAY_HOME: lab.home });
    expect(code).toBe(0);
    expect((await leaver.call("GET", "/api/v1/runs")).status).toBe(401);
  });

  it("keeps the administrator's token in a file that only its owner reads", () => {
    expect(statSync(join(lab.home, "admin.token")).mode & 0o077).toBe(0);
  });

  it("lets an agent neither read nor write the run of another one", async () => {
    const { token: once } = await admin.post<{ token: string }>("/enrollments", { hostName: "stranger" });
    const nobody = new Rest(lab.url, null);
    const enrolled = await nobody.call("POST", "/api/v1/agent/enroll", {
      wireVersion: WIRE_VERSION,
      token: once,
      hostName: "stranger",
    });
    const stranger = new Rest(lab.url, (enrolled.body as { credential: string }).credential);
    const [run] = await admin.untilRunning([await admin.submit("smoke", "LISTED", { time: "8s" })], 90_000);
    const epoch = 1;
    for (const [method, path, body] of [
      ["POST", `/api/v1/agent/runs/${run!.id}/claim`, { wireVersion: WIRE_VERSION, epoch }],
      ["POST", `/api/v1/agent/runs/${run!.id}/events`, eventBatch(epoch)],
      ["GET", `/api/v1/runs/${run!.id}`, undefined],
      ["GET", "/api/v1/duts", undefined],
      ["POST", "/api/v1/runs", { plan: "smoke", dut: "LISTED" }],
    ] as const) {
      const { status } = await stranger.call(method, path, body);
      expect([path, [401, 403, 404, 409].includes(status)]).toEqual([path, true]);
    }
    const [ended] = await admin.untilFinished([run!.id], 120_000);
    expect(ended).toMatchObject({ verdict: "passed" });
    const again = await nobody.call("POST", "/api/v1/agent/enroll", {
      wireVersion: WIRE_VERSION,
      token: once,
      hostName: "stranger",
    });
    expect(again.status).toBe(401);
  }, 240_000);

  it("runs no plan whose effects the host's file does not allow", async () => {
    const { status, body } = await admin.call("POST", "/api/v1/runs", { plan: "smoke", dut: "READONLY" });
    if (status === 201) {
      const [run] = await admin.untilFinished([(body as { id: string }).id], 60_000).catch(() => [null]);
      expect(run?.verdict ?? "waits").not.toBe("passed");
    } else expect(status).toBe(422);
    expect(JSON.stringify(body)).toMatch(/writes|waiting|effect/i);
  }, 120_000);

  it("gives a drive with a changed identity the open and Identify, nothing more", async () => {
    const before = readFileSync(join(lab.home, "host.yaml"), "utf8");
    const drive = join(lab.home, "drives", "bay-1.drive");
    expect(existsSync(drive)).toBe(true);
    writeFileSync(join(lab.home, "host.yaml"), before.replace("serial: LISTED", "serial: ANOTHER"));
    try {
      const slot = await eventually("the slot is blocked", 60_000, async () => {
        const { items } = await admin.get<{ items: { id: string }[] }>("/hosts");
        const hosts = await Promise.all(items.map(({ id }) => admin.get<{ slots: Slot[] }>(`/hosts/${id}`)));
        return hosts.flatMap((host) => host.slots).find(({ name, blocked }) => name === "bay-1" && blocked !== null);
      });
      expect(slot.blocked).toMatch(/identity|serial|LISTED|ANOTHER/);
      const { status, body } = await admin.call("POST", "/api/v1/runs", { plan: "smoke", dut: "LISTED" });
      if (status === 201) {
        const id = (body as { id: string }).id;
        const run = await eventually("it waits with a reason, or was refused", 60_000, async () => {
          const seen = await admin.run(id);
          return (seen.state === "finished" || (seen.waitingReason ?? "") !== "") && seen;
        });
        expect(run.verdict).not.toBe("passed");
        await admin.post(`/runs/${id}/cancel`, {});
      }
    } finally {
      writeFileSync(join(lab.home, "host.yaml"), before);
    }
  }, 180_000);

  it("never opens the drive of a slot that the host's file does not list any more", async () => {
    const file = join(lab.home, "host.yaml");
    const before = readFileSync(file, "utf8");
    const drive = join(lab.home, "drives", "bay-1.drive");
    writeFileSync(file, before.replace(/ {2}- name: bay-1\n[\s\S]*?(?= {2}- name: bay-2\n)/, ""));
    try {
      await eventually("the slot is gone from the inventory", 60_000, async () => {
        const { items } = await admin.get<{ items: { id: string; name: string }[] }>("/hosts");
        const host = await admin.get<{ slots: Slot[] }>(`/hosts/${items.find(({ name }) => name === "e2e-01")!.id}`);
        return !host.slots.some(({ name, blocked }) => name === "bay-1" && blocked === null);
      });
      const content = digest(drive);
      const { status, body } = await admin.call("POST", "/api/v1/runs", { plan: "smoke", dut: "LISTED" });
      if (status === 201) {
        const { id } = body as { id: string };
        const run = await eventually("it waits with a reason, or was refused", 60_000, async () => {
          const seen = await admin.run(id);
          return (seen.state === "finished" || (seen.waitingReason ?? "") !== "") && seen;
        });
        expect(run.verdict).not.toBe("passed");
        await admin.post(`/runs/${id}/cancel`, {});
      }
      expect(digest(drive)).toBe(content);
    } finally {
      writeFileSync(file, before);
    }
  }, 180_000);
});

function digest(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function eventBatch(epoch: number) {
  const body = { type: "log", level: "info", text: "I was never here" };
  return { eventVersion: EVENT_VERSION, epoch, events: [{ seq: 1, atMs: 1, body }] };
}
