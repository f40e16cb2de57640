/** Who may do what, through the product: no token no data, roles, agents apart, drives that nobody listed untouched. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
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
    await admin.untilKnown(2);
  }, 240_000);
  afterAll(() => lab?.stop(), 120_000);

  const file = () => join(lab.home, "host.yaml");
  const drive = (bay: number) => join(lab.home, "drives", `bay-${bay}.drive`);
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

  /** A run that may not begin waits, says why, and is taken away again. */
  async function expectToWait(dut: string, reason: RegExp): Promise<void> {
    const id = await admin.submit("smoke", dut);
    const run = await eventually("it says why it waits", 60_000, async () => {
      const seen = await admin.run(id);
      return (seen.state !== "queued" || reason.test(seen.waitingReason ?? "")) && seen;
    });
    expect(run).toMatchObject({ state: "queued", waitingReason: expect.stringMatching(reason) });
    expect(lab.runnerPid(id)).toBeNull();
    await admin.post(`/runs/${id}/cancel`, {});
    expect(await admin.run(id)).toMatchObject({ state: "finished", verdict: "aborted" });
  }

  const slotNow = async (name: string): Promise<Slot | undefined> => {
    const { items } = await admin.get<{ items: { id: string; name: string }[] }>("/hosts");
    const host = await admin.get<{ slots: Slot[] }>(`/hosts/${items.find((item) => item.name === "e2e-01")!.id}`);
    return host.slots.find((slot) => slot.name === name);
  };

  it("runs no plan whose effects the host's file does not allow: it waits and says so", async () => {
    const before = contentDigest(drive(2));
    await expectToWait("READONLY", /^the file of host e2e-01 does not allow writes in slot bay-2$/);
    expect(contentDigest(drive(2))).toBe(before);
  }, 120_000);

  it("leaves a drive alone that is not the one which the host's file lists: its runs wait and say so", async () => {
    const before = readFileSync(file(), "utf8");
    const content = contentDigest(drive(1));
    writeFileSync(file(), before.replace("serial: LISTED", "serial: ANOTHER"));
    try {
      const slot = await eventually("the slot is blocked", 60_000, async () => {
        const seen = await slotNow("bay-1");
        return seen !== undefined && seen.blocked !== null && seen;
      });
      expect(slot.blocked).toMatch(/^identity-observed: .* serial is "LISTED" and not "ANOTHER"$/);
      await expectToWait("LISTED", /^the guard of host e2e-01 blocks slot bay-1: identity-observed: /);
      expect(contentDigest(drive(1))).toBe(content);
    } finally {
      writeFileSync(file(), before);
    }
    await eventually("the slot is free again", 60_000, async () => (await slotNow("bay-1"))?.blocked === null);
  }, 180_000);

  it("gives a drive that became another one unnoticed the open and Identify, nothing more", async () => {
    const content = contentDigest(drive(1));
    rename(drive(1), "LISTED", "FOREIG");
    try {
      const [run] = await admin.untilFinished([await admin.submit("smoke", "LISTED")], 120_000);
      expect(run).toMatchObject({
        verdict: "errored",
        reason: expect.stringMatching(/^the guard refused: .* serial is "FOREIG" and not "LISTED"$/),
        attribution: { cause: "slot", rule: "guard:identity-observed" },
      });
      type Queue = { qid: number; entries: { opcode: number }[] };
      const { queues } = await admin.get<{ queues: Queue[] }>(`/runs/${run!.id}/cmdlog`);
      expect(queues.map(({ qid }) => qid)).toEqual([0]);
      expect(new Set(queues[0]!.entries.map(({ opcode }) => opcode))).toEqual(new Set([IDENTIFY]));
      expect(contentDigest(drive(1))).toBe(content);
    } finally {
      rename(drive(1), "FOREIG", "LISTED");
    }
  }, 180_000);

  it("never opens the drive of a slot that the host's file does not list any more", async () => {
    const before = readFileSync(file(), "utf8");
    writeFileSync(file(), before.replace(/ {2}- name: bay-2\n[\s\S]*$/, ""));
    try {
      await eventually(
        "the slot is gone from the inventory",
        60_000,
        async () => (await slotNow("bay-2")) === undefined,
      );
      const whole = digest(readFileSync(drive(2)));
      const { status, body } = await admin.call("POST", "/api/v1/runs", { plan: "random-read", dut: "READONLY" });
      expect(status).toBe(422);
      expect(JSON.stringify(body)).toMatch(/DUT READONLY is in no slot/);
      expect(digest(readFileSync(drive(2)))).toBe(whole);
    } finally {
      writeFileSync(file(), before);
    }
  }, 180_000);
});

const IDENTIFY = 0x06;
/** Header of a software drive's file (drive_layout.h): who it is and how often it was powered; what it holds comes after. */
const HEADER_BYTES = 64 * 1024;

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function contentDigest(drive: string): string {
  return digest(readFileSync(drive).subarray(HEADER_BYTES));
}

/** Another serial number of the same length, in the drive itself. */
function rename(drive: string, from: string, to: string): void {
  const at = readFileSync(drive).subarray(0, HEADER_BYTES).indexOf(from);
  expect(at).toBeGreaterThan(0);
  const opened = openSync(drive, "r+");
  writeSync(opened, to, at);
  closeSync(opened);
}

function eventBatch(epoch: number) {
  const body = { type: "log", level: "info", text: "I was never here" };
  return { eventVersion: EVENT_VERSION, epoch, events: [{ seq: 1, atMs: 1, body }] };
}
