/** Silence is no verdict: agent and runner stopped past the deadline, then let go again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeCmdlog } from "@assay/protocol";
import { drives, hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest } from "./rest";

const BUDGET_S = 20;
const OVERLONG = `apiVersion: assay/v1
kind: Plan
metadata: { name: overlong, version: 1.0.0 }
spec:
  effects: [writes]
  timeouts: { run: ${BUDGET_S}s }
  steps:
    - ioworker: { id: io, size: 4KiB, random: 100%, read: 30%, depth: 8, workers: 2, region: 4MiB, count: 100000000, verify: true }
  criteria:
    - { id: no-errors, metric: io.errors, eq: 0 }
`;

describe("agent and runner stopped past the deadline", () => {
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    lab = await startLab({ hostFile: hostFile(drives(1)) });
    rest = Rest.of(lab);
    await rest.untilKnown(1);
    await rest.post("/plans", { source: OVERLONG });
  });
  afterAll(() => lab?.stop());

  it("keeps the slot until the runner is known dead, and sends the drive nothing after the deadline", async () => {
    const id = await rest.submit("overlong", serialOf(1));
    await rest.untilRunning([id], 90_000);
    const runner = await eventually("I/O is on its way", 60_000, async () => {
      const events = await rest.events(id);
      return events.some((event) => event.body.type === "samples") && lab.runnerPid(id);
    });
    lab.kill("agent", "SIGSTOP");
    process.kill(runner, "SIGSTOP");

    const folder = join(
      lab.home,
      "agent",
      "runs",
      readdirSync(join(lab.home, "agent", "runs")).find((name) => name.startsWith(id))!,
    );
    const launch = JSON.parse(readFileSync(join(folder, "launch.json"), "utf8")) as { deadlineBoottimeNs: string };
    const deadline = BigInt(launch.deadlineBoottimeNs);
    const boottimeNs = () => BigInt(Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e9));
    const second = await rest.submit("smoke", serialOf(1));
    await eventually("the deadline has passed", 120_000, () => boottimeNs() > deadline + 2_000_000_000n);

    // Unreachable, still leased, and the run behind it says why it waits.
    await eventually(
      "the run is shown unreachable",
      90_000,
      async () => (await rest.run(id)).contact === "unreachable",
    );
    expect(await rest.run(id)).toMatchObject({ state: "running", verdict: null });
    const waiting = await rest.run(second);
    expect(waiting.state).toBe("queued");
    expect(waiting.waitingReason).toBeTruthy();

    process.kill(runner, "SIGCONT");
    await eventually("the runner ended by itself", 60_000, () => lab.runnerPid(id) === null);
    expect((await rest.run(second)).state).toBe("queued");

    lab.kill("agent", "SIGCONT");
    const [late, after] = await rest.untilFinished([id, second], 180_000);
    expect(late!.verdict).toBe("errored");
    expect(after!.verdict).toBe("passed");
    expectWholeJournal(await rest.events(id));

    const rings = readdirSync(join(folder, "cmdlog"));
    expect(rings.length).toBeGreaterThanOrEqual(3);
    let seen = 0;
    for (const ring of rings) {
      const file = readFileSync(join(folder, "cmdlog", ring));
      const wallMinusBoot = file.readBigUInt64LE(32) - file.readBigUInt64LE(24);
      const entries = decodeCmdlog(file).entries;
      seen += entries.length;
      const afterDeadline = entries.filter((entry) => entry.submittedNs - wallMinusBoot > deadline);
      expect(afterDeadline.length).toBeLessThanOrEqual(1);
    }
    expect(seen).toBeGreaterThan(0);
  }, 500_000);

  it("lets an operator fence a run; what its host says later is kept and changes nothing", async () => {
    const id = await rest.submit("overlong", serialOf(1));
    await rest.untilRunning([id], 90_000);
    const runner = await eventually("the runner is there", 60_000, () => lab.runnerPid(id));
    lab.kill("agent", "SIGSTOP");
    process.kill(runner, "SIGSTOP");
    try {
      await rest.post(`/runs/${id}/fence`, { reason: "pulled the drive by hand" });
      const [fenced] = await rest.untilFinished([id], 30_000);
      expect(fenced!.verdict).not.toBe("passed");
      const before = await rest.events(id);
      process.kill(runner, "SIGCONT");
      lab.kill("agent", "SIGCONT");
      await eventually("the runner is gone", 120_000, () => lab.runnerPid(id) === null);
      const [next] = await rest.untilFinished([await rest.submit("smoke", serialOf(1))], 180_000);
      expect(next!.verdict).toBe("passed");
      expect(await rest.events(id)).toEqual(before);
      expect(await rest.run(id)).toMatchObject({ verdict: fenced!.verdict, reason: fenced!.reason });
    } finally {
      lab.kill("agent", "SIGCONT");
    }
  }, 400_000);
});
