import { claimRun } from "../src/dispatch/claim-run";
import { Reconciler } from "../src/dispatch/reconciler";
import { Startup } from "../src/platform/startup";
import { SchedulingPass } from "../src/scheduling/scheduling-pass";
import { ENDED, FINISHED, type Flow, miscompares, numbered, planSource, SILENT_LOG, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

let flow: Flow;
const bench = flowBench(async (opened) => {
  flow = opened;
  await flow.addPlan(planSource("soak"));
  await flow.addPlan(planSource("alone", { isolation: "host" }));
});

const reconciler = () => new Reconciler(flow.database, flow.doorbells, flow.clock, new Startup(SILENT_LOG), SILENT_LOG);
const liveLeases = () =>
  flow.database.query<{ resource: string; runs: number }>(
    `SELECT resource_id AS resource, count(*)::integer AS runs FROM lease WHERE ended_at IS NULL GROUP BY resource_id`,
  );

describe("scheduling passes", () => {
  it("lease every resource once when two schedulers race over the same board", async () => {
    const host = await flow.addHost(6);
    const runs = await Promise.all(
      host.duts.flatMap(({ serial }) => [flow.submit("soak", serial), flow.submit("soak", serial)]),
    );
    const now = flow.clock.now();
    const passes = await Promise.all(
      Array.from({ length: 5 }, () =>
        flow.database.transaction((transaction) => new SchedulingPass().run(transaction, now)),
      ),
    );
    const assigned = passes.flatMap((pass) => pass.assigned.map(({ runId }) => runId));
    expect(assigned).toHaveLength(6);
    expect(new Set(assigned).size).toBe(6);
    expect((await liveLeases()).every(({ runs }) => runs === 1)).toBe(true);
    for (const runId of runs) await flow.runs.cancel(runId, "ann", null);
  });

  it("give a run of host isolation all slots of its host", async () => {
    const host = await flow.addHost(3);
    const busy = await flow.submit("soak", host.duts[2]!.serial);
    await flow.doorbells.settle();
    flow.clock.pass(1000);
    const alone = await flow.submit("alone", host.duts[0]!.serial);
    flow.clock.pass(1000);
    const behind = await flow.submit("soak", host.duts[1]!.serial);
    await flow.doorbells.settle();
    expect((await flow.repository.view(alone)).waitingReason).toBe(
      `slot bay-2 of host ${host.name} is leased by run ${busy}`,
    );
    expect((await flow.repository.view(behind)).waitingReason).toMatch(`is kept for run ${alone}, which comes first`);
    await flow.claim(busy, host.id);
    await flow.send(busy, host.id, numbered([STARTED, miscompares(0), FINISHED, ENDED]));
    await flow.doorbells.settle();
    expect((await flow.repository.view(alone)).state).toBe("assigned");
    const states = await flow.database.query("SELECT DISTINCT state FROM slot WHERE host_id = $1", [host.id]);
    expect(states).toEqual([{ state: "leased" }]);
    await flow.runs.cancel(alone, "ann", null);
    await flow.doorbells.settle();
    expect((await flow.repository.view(behind)).state).toBe("assigned");
  });

  it("follow the order of a campaign's plans on each drive", async () => {
    const host = await flow.addHost(2);
    await flow.addPlan(planSource("first"));
    await flow.addPlan(planSource("second"));
    const plans = [
      { name: "first", parameters: {} },
      { name: "second", parameters: {} },
    ];
    const select = { duts: host.duts.map(({ serial }) => serial) };
    await flow.campaigns.create({ name: "nightly", plans, select, priority: 0 }, "ann");
    await flow.doorbells.settle();
    const states = () =>
      flow.database.query<{ id: string; plan: string; state: string }>(
        `SELECT id, plan_name AS plan, state FROM run WHERE dut_id = $1 ORDER BY ordinal`,
        [host.duts[0]!.id],
      );
    const before = await states();
    expect(before.map(({ plan, state }) => [plan, state])).toEqual([
      ["first", "assigned"],
      ["second", "queued"],
    ]);
    await flow.claim(before[0]!.id, host.id);
    await flow.send(before[0]!.id, host.id, numbered([STARTED, miscompares(0), FINISHED, ENDED]));
    await flow.doorbells.settle();
    expect((await states()).map(({ state }) => state)).toEqual(["finished", "assigned"]);
  });
});

describe("claims", () => {
  it("give one order however often and from how many connections they come", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    const claim = { runId, hostId: host.id, epoch: 1, now: flow.clock.now() };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => flow.database.transaction((transaction) => claimRun(transaction, claim))),
    );
    expect(answers.filter((answer) => answer.kind === "order" && answer.isNew)).toHaveLength(1);
    const orders = new Set(answers.map((answer) => answer.kind === "order" && JSON.stringify(answer.order)));
    expect(orders.size).toBe(1);
  });

  it("are refused to another host and with another epoch", async () => {
    const host = await flow.addHost(1);
    const stranger = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    await expect(flow.claim(runId, stranger.id)).rejects.toThrow(/forbidden/);
    await expect(flow.claim(runId, host.id, 2)).rejects.toThrow(/not leased to this host with epoch 2/);
  });

  it("put a run back whose drive was taken out of use meanwhile", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    await flow.database.query("UPDATE dut SET intent = 'quarantined' WHERE id = $1", [host.duts[0]!.id]);
    const claim = { runId, hostId: host.id, epoch: 1, now: flow.clock.now() };
    const answer = await flow.database.transaction((transaction) => claimRun(transaction, claim));
    expect(answer).toMatchObject({ kind: "refused", reason: expect.stringContaining("no longer available") });
    expect(await flow.repository.view(runId)).toMatchObject({ state: "queued", host: null, epoch: 1 });
    expect(await flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId])).toEqual(
      [],
    );
  });
});

describe("when every ring is lost", () => {
  it("the reconciler brings a run from queued to its verdict", async () => {
    const host = await flow.addHost(1);
    flow.doorbells.lost = true;
    try {
      const runId = await flow.submit("soak", host.duts[0]!.serial);
      expect((await flow.repository.view(runId)).state).toBe("queued");
      await reconciler().reconcile();
      expect((await flow.repository.view(runId)).state).toBe("assigned");
      expect((await flow.hostRuns.answerFor(host.id, [])).assignments).toContainEqual({ runId, epoch: 1 });
      await flow.claim(runId, host.id);
      await flow.send(runId, host.id, numbered([STARTED, miscompares(0), FINISHED, ENDED]));
      await reconciler().reconcile();
      expect((await flow.repository.view(runId)).verdict).toBe("passed");
    } finally {
      flow.doorbells.lost = false;
    }
  });

  it("an assignment that nobody claims is rung again, and taken back when its host is gone", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    const rings = () => flow.doorbells.hostRings.filter((ring) => ring.runId === runId).length;
    const before = rings();
    flow.clock.pass(10_000);
    await reconciler().reconcile();
    expect(rings()).toBe(before + 1);
    await flow.database.query("UPDATE host SET observed = 'offline' WHERE id = $1", [host.id]);
    flow.clock.pass(120_000);
    await reconciler().reconcile();
    expect(await flow.repository.view(runId)).toMatchObject({ state: "queued", epoch: 1 });
    await flow.database.query("UPDATE host SET observed = 'online' WHERE id = $1", [host.id]);
    await reconciler().reconcile();
    expect(await flow.repository.view(runId)).toMatchObject({ state: "assigned", epoch: 2 });
    await expect(flow.claim(runId, host.id, 1)).rejects.toThrow(/epoch 1/);
    await flow.claim(runId, host.id, 2);
  });

  it("runs of an offline host are shown unreachable and stay where they are", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    await flow.claim(runId, host.id);
    await flow.database.query("UPDATE host SET observed = 'offline' WHERE id = $1", [host.id]);
    flow.clock.pass(24 * 3_600_000);
    await reconciler().reconcile();
    expect(await flow.repository.view(runId)).toMatchObject({
      state: "running",
      contact: "unreachable",
      verdict: null,
    });
    await flow.database.query("UPDATE host SET observed = 'online' WHERE id = $1", [host.id]);
    await reconciler().reconcile();
    expect(await flow.repository.view(runId)).toMatchObject({ contact: "ok" });
  });
});

describe("when PostgreSQL is killed and comes back", () => {
  it("loses no acknowledged event and goes on from the next number", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    await flow.claim(runId, host.id);
    const bodies = [STARTED, ...Array.from({ length: 200 }, () => miscompares(0)), FINISHED, ENDED];
    const events = numbered(bodies);
    let acked = 0;
    let crashed = false;
    while (acked < events.length) {
      const sending = flow.send(runId, host.id, events.slice(acked, acked + 17));
      if (acked >= 60 && !crashed) {
        crashed = true;
        const ack = sending.catch(() => null);
        await bench.server.crash();
        await ack;
        continue;
      }
      const answer = await sending.catch(() => null);
      if (answer !== null) acked = answer.nextSeq - 1;
    }
    await flow.doorbells.settle();
    const stored = await flow.database.query<{ seq: number }>(
      "SELECT seq FROM telemetry.run_event WHERE run_id = $1 ORDER BY seq",
      [runId],
    );
    expect(stored.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
    expect(await flow.repository.view(runId)).toMatchObject({ verdict: "passed" });
  });
});
