/** One run from queued to its verdict. */
import { CRASHED, ENDED, FINISHED, miscompares, numbered, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

const bench = flowBench();
const { startRun, end } = bench;

describe("the way of one run", () => {
  it("goes from queued to passed, and its slot is free again", async () => {
    const { host, runId, order } = await startRun();
    expect(order).toMatchObject({
      runId,
      epoch: 1,
      slot: "bay-0",
      planName: "soak",
      effects: ["writes"],
      budgetMs: 600_000,
    });
    expect(await bench.flow.repository.view(runId)).toMatchObject({ state: "running", host: host.name, slot: "bay-0" });
    const run = await end(runId, host.id, [STARTED, miscompares(0), FINISHED, ENDED]);
    expect(run).toMatchObject({
      state: "finished",
      verdict: "passed",
      eventCount: 4,
      attribution: null,
      kernel: "6.1",
    });
    expect(run.criteria).toMatchObject([{ id: "data", outcome: "passed", value: 0, inputs: 1 }]);
    const [slot] = await bench.flow.database.query("SELECT state FROM slot WHERE id = $1", [host.slots[0]!.id]);
    expect(slot).toEqual({ state: "idle" });
  });

  it("names the build that was meant, that was found and that was left", async () => {
    const { host, runId } = await startRun();
    const identity: Parameters<typeof numbered>[0][number] = {
      ...{ type: "identity", moment: "open", matches: true, namespaces: [] },
      identity: { model: "ASSAY SIM A", serial: "any", nguid: null, eui64: null, firmware: "1.0" },
    };
    await end(runId, host.id, [STARTED, identity, miscompares(0), FINISHED, ENDED]);
    const next = await bench.flow.submit("soak", host.duts[0]!.serial);
    await bench.flow.doorbells.settle();
    await bench.flow.claim(next, host.id);
    await end(next, host.id, [STARTED, identity, miscompares(0), FINISHED, ENDED]);
    const [builds] = await bench.flow.database.query(
      `SELECT intended.revision AS intended, start.revision AS start, finish.revision AS finish FROM run
         JOIN build intended ON intended.id = build_intended_id JOIN build start ON start.id = build_at_start_id
         JOIN build finish ON finish.id = build_at_end_id WHERE run.id = $1`,
      [next],
    );
    expect(builds).toEqual({ intended: "1.0", start: "1.0", finish: "1.0" });
  });

  it("is errored and does not stay assigned when its plan is no longer one", async () => {
    await bench.flow.addPlan(planSource("outdated"));
    const host = await bench.flow.addHost(1);
    const runId = await bench.flow.submit("outdated", host.duts[0]!.serial);
    await bench.flow.doorbells.settle();
    await bench.flow.database.query("UPDATE plan_revision SET source = 'kind: Plan' WHERE name = 'outdated'");
    await expect(bench.flow.claim(runId, host.id)).rejects.toThrow(/outdated is no longer valid/);
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      verdict: "errored",
      attribution: { cause: "test" },
    });
  });

  it("holds a drive that failed, keeps the rest of its runs waiting and says why", async () => {
    const { host, runId, dut } = await startRun();
    const run = await end(runId, host.id, [STARTED, miscompares(3), FINISHED, ENDED]);
    expect(run).toMatchObject({ verdict: "failed", attribution: { cause: "dut", rule: "criterion" } });
    const next = await bench.flow.submit("soak", dut.serial);
    await bench.flow.doorbells.settle();
    const waiting = await bench.flow.repository.view(next);
    expect(waiting.state).toBe("queued");
    expect(waiting.waitingReason).toContain(
      `DUT ${dut.serial} is on hold since 2026-11-22 12:00 UTC: run ${runId} failed`,
    );
  });

  it("names the first wrong sector", async () => {
    const { host, runId } = await startRun();
    const run = await end(runId, host.id, [
      STARTED,
      {
        ...{ type: "miscompare", path: "io", iteration: [], nsid: 1, lba: "4711", kind: "bit-error", byteOffset: 12 },
        ...{ expectedToken: "5", gotToken: "5", expectedLba: "4711", gotLba: "4711", expected: "00", got: "01" },
      },
      miscompares(1),
      { ...FINISHED, outcome: "failed" } as typeof FINISHED,
      ENDED,
    ]);
    expect(run).toMatchObject({
      verdict: "failed",
      attribution: { cause: "dut", rule: "miscompare" },
      miscompareCount: 1,
    });
    expect(run.miscompares).toMatchObject([{ lba: "4711", expected: "00", got: "01", byteOffset: 12 }]);
  });

  it("keeps the rule's attribution when a person finds another cause, and shows the newest", async () => {
    const { host, runId } = await startRun();
    const cable = { cause: "link", reason: "a bent pin in the riser", confidence: 0.9 } as const;
    await expect(bench.flow.runs.attribute(runId, "bob", cable)).rejects.toThrow(/no verdict yet/);
    await end(runId, host.id, [STARTED, miscompares(3), FINISHED, ENDED]);
    await bench.flow.runs.attribute(runId, "bob", cable);
    expect(await bench.flow.repository.detail(runId)).toMatchObject({
      ...{ verdict: "failed", attribution: { cause: "link", person: "bob", rule: null } },
      attributions: [
        { cause: "dut", rule: "criterion" },
        { cause: "link", person: "bob", confidence: 0.9, evidence: { reason: "a bent pin in the riser" } },
      ],
    });
    const good = await startRun();
    await end(good.runId, good.host.id, [STARTED, miscompares(0), FINISHED, ENDED]);
    await expect(bench.flow.runs.attribute(good.runId, "bob", cable)).rejects.toThrow(/nobody is to blame/);
  });

  it("is errored, not passed, when the criterion has no data", async () => {
    const { host, runId } = await startRun();
    expect(await end(runId, host.id, [STARTED, FINISHED, ENDED])).toMatchObject({
      verdict: "errored",
      attribution: { cause: "test" },
    });
  });

  it("is tried again as a new run when the runner crashed, at most twice", async () => {
    let { host, runId, dut } = await startRun();
    const first = runId;
    for (const attempt of [2, 3]) {
      const run = await end(runId, host.id, [STARTED, CRASHED]);
      expect(run).toMatchObject({ verdict: "errored", attribution: { cause: "host" } });
      const [retry] = await bench.flow.database.query<{ id: string; attempt: number; retry_of_id: string }>(
        "SELECT id, attempt, retry_of_id FROM run WHERE dut_id = $1 AND attempt = $2",
        [dut.id, attempt],
      );
      expect(retry).toMatchObject({ attempt, retry_of_id: first });
      runId = retry!.id;
      await bench.flow.claim(runId, host.id);
    }
    await end(runId, host.id, [STARTED, CRASHED]);
    const runs = await bench.flow.database.query("SELECT id FROM run WHERE dut_id = $1", [dut.id]);
    expect(runs).toHaveLength(3);
  });

  it("keeps the exposure that its events show when the runner died before it told it", async () => {
    const { host, runId } = await startRun();
    const identity: Parameters<typeof numbered>[0][number] = {
      ...{ type: "identity", moment: "open", matches: true, namespaces: [] },
      identity: { model: "ASSAY SIM A", serial: "any", nguid: null, eui64: null, firmware: "1.0" },
    };
    const sample = {
      ...{ worker: 0, intervalMs: 1000, atMs: Date.parse("2026-11-22T12:00:02.000Z"), reads: 1, writes: 2, others: 0 },
      ...{ readBytes: 4096, writeBytes: 8192, errors: 0, latencyAverageNs: 1, latencyMaxNs: 1 },
    };
    const samples = [0, 1].map((interval) => ({ ...sample, interval }));
    const run = await end(runId, host.id, [
      ...[STARTED, identity],
      { type: "step-started", path: "r", iteration: [], kind: "reset" },
      { type: "samples", path: "io", iteration: [], samples },
      CRASHED,
    ]);
    expect(run.exposure).toEqual({ poweredMs: 2, readBytes: "8192", writtenBytes: "16384", powerCycles: 0, resets: 1 });
  });

  it("has its verdict while it is parked, and keeps its lease until the runner is dead", async () => {
    const { host, runId, dut } = await startRun();
    await bench.flow.send(runId, host.id, numbered([STARTED, miscompares(1), FINISHED]));
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(runId)).toMatchObject({ state: "running", verdict: null });
    const held = { runId, epoch: 1, state: "parked", lastSeq: 3, ackedSeq: 3 } as const;
    expect(await bench.flow.hostRuns.answerFor(host.id, [held])).toMatchObject({ releases: [], revokes: [] });
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      state: "finished",
      verdict: "failed",
      parked: true,
    });
    expect(
      await bench.flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId]),
    ).toHaveLength(1);
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([]);
    await bench.flow.database.query("UPDATE dut SET intent = 'available' WHERE id = $1", [dut.id]);
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([{ runId, epoch: 1 }]);
    await bench.flow.send(runId, host.id, numbered([ENDED], 4));
    await bench.flow.doorbells.settle();
    expect(
      await bench.flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId]),
    ).toHaveLength(0);
  });
});
