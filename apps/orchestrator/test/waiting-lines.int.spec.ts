/** Long lines: a pass looks at their heads only, and yet nobody starves and everybody can read why he waits. */
import { CampaignsRepository } from "../src/campaigns/campaigns.repository";
import { AGEING_MS } from "../src/scheduling/assign-runs";
import { Scheduler } from "../src/scheduling/scheduler";
import { type PassLimits, SchedulingPass } from "../src/scheduling/scheduling-pass";
import { ENDED, FINISHED, type Flow, miscompares, numbered, planSource, SILENT_LOG, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

/** Far below the length of the lines here. */
const LIMITS: PassLimits = { heads: 4, rounds: 2, starts: 100 };
const LINE = 25;

let flow: Flow;
flowBench(async (opened) => {
  flow = opened;
  for (const name of ["soak", "first", "second", "third"]) await flow.addPlan(planSource(name));
  await flow.addPlan(planSource("destroying").replace("effects: [writes]", "effects: [writes, destroys-data]"));
});
beforeEach(() => {
  new Scheduler(flow.database, flow.doorbells, flow.clock, SILENT_LOG, new SchedulingPass(LIMITS)).onModuleInit();
});

const times = <T>(count: number, make: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));
const reasonsOf = (ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await flow.repository.view(id)).waitingReason));
const told = async (dutId: string) =>
  (
    await flow.database.query(
      "SELECT 1 FROM run WHERE dut_id = $1 AND state = 'queued' AND waiting_reason IS NOT NULL",
      [dutId],
    )
  ).length;

it("a line on a held drive keeps nobody else from starting, and each of its runs says what it waits for", async () => {
  const host = await flow.addHost(2);
  const [held, free] = host.duts;
  await flow.database.query("UPDATE dut SET intent = 'hold', intent_reason = 'broken' WHERE id = $1", [held!.id]);
  const line = await times(LINE, () => flow.submit("soak", held!.serial, { priority: 5 }));
  const startable = await flow.submit("soak", free!.serial);
  await flow.doorbells.settle();
  expect((await flow.repository.view(startable)).state).toBe("assigned");
  expect(new Set(await reasonsOf(line))).toEqual(new Set([`DUT ${held!.serial} is on hold: broken`]));
  expect(await told(held!.id)).toBe(0);
  expect((await flow.repository.view(line[0]!)).needsPerson).toBe(true);
  expect((await flow.repository.view(startable)).needsPerson).toBe(false);
});

it("a run starts although more than one pass looks at stand before it and do not fit its slot", async () => {
  const host = await flow.addHost(1);
  const dut = host.duts[0]!;
  await flow.database.query("UPDATE slot SET effects = '{writes}' WHERE id = $1", [host.slots[0]!.id]);
  const line = await times(LINE, () => flow.submit("destroying", dut.serial, { priority: 5 }));
  const last = await flow.submit("soak", dut.serial);
  await flow.doorbells.settle();
  expect((await flow.repository.view(last)).state).toBe("assigned");
  expect(new Set(await reasonsOf(line))).toEqual(new Set([`DUT ${dut.serial} is busy with run ${last}`]));
  await flow.claim(last, host.id);
  await flow.send(last, host.id, numbered([STARTED, miscompares(0), FINISHED, ENDED]));
  await flow.doorbells.settle();
  const refusal = `the file of host ${host.name} does not allow destroys-data in slot bay-0`;
  expect(new Set(await reasonsOf(line))).toEqual(new Set([refusal]));
});

it("runs behind one that waits for leases say which run comes first", async () => {
  const host = await flow.addHost(2);
  await flow.addPlan(planSource("alone", { isolation: "host" }));
  const busy = await flow.submit("soak", host.duts[1]!.serial);
  await flow.doorbells.settle();
  const alone = await flow.submit("alone", host.duts[0]!.serial, { priority: 9 });
  const line = await times(LINE, () => flow.submit("soak", host.duts[0]!.serial));
  await flow.doorbells.settle();
  expect((await reasonsOf([alone]))[0]).toBe(`slot bay-1 of host ${host.name} is leased by run ${busy}`);
  for (const reason of await reasonsOf(line)) expect(reason).toMatch(new RegExp(`run ${alone}(, which)? comes first`));
  expect(await told(host.duts[0]!.id)).toBeLessThanOrEqual(LIMITS.heads * LIMITS.rounds);
});

it("of a campaign only the first plan stands in the line, also when that one is a retry", async () => {
  const host = await flow.addHost(1);
  const dut = host.duts[0]!;
  const plans = ["first", "second", "third", "soak"].map((name) => ({ name, parameters: {} }));
  const id = await flow.campaigns.create(
    { name: "nightly", plans, select: { duts: [dut.serial] }, priority: 0 },
    "ann",
  );
  await flow.doorbells.settle();
  const runs = () =>
    flow.database.query<{ id: string; plan: string; state: string }>(
      "SELECT id, plan_name AS plan, state FROM run WHERE campaign_id = $1 AND state <> 'finished' ORDER BY ordinal, submitted_at",
      [id],
    );
  const [first, second] = await runs();
  expect(first).toMatchObject({ plan: "first", state: "assigned" });
  expect((await reasonsOf([second!.id]))[0]).toBe(
    `first (run ${first!.id}) of the same campaign comes first on this DUT`,
  );
  await flow.claim(first!.id, host.id);
  flow.clock.pass(1000);
  const crashed = { type: "ended", exitCode: null, signal: "SIGKILL", cause: "crashed", detail: null } as const;
  await flow.send(first!.id, host.id, numbered([STARTED, crashed]));
  await flow.doorbells.settle();
  expect((await runs())[0]).toMatchObject({ plan: "first", state: "assigned" });
});

it("runs of a paused campaign say so and take nobody's place", async () => {
  const host = await flow.addHost(1);
  const dut = host.duts[0]!;
  await flow.database.query("UPDATE dut SET intent = 'hold' WHERE id = $1", [dut.id]);
  const plans = [{ name: "first", parameters: {} }];
  const ids = await times(LINE, (n) =>
    flow.campaigns.create({ name: `c${n}`, plans, select: { duts: [dut.serial] }, priority: 7 }, "ann"),
  );
  for (const id of ids) await flow.campaigns.setIntent(id, "paused", "ann", null);
  const last = await flow.submit("soak", dut.serial);
  await flow.database.query("UPDATE dut SET intent = 'available' WHERE id = $1", [dut.id]);
  await flow.doorbells.settle();
  expect((await flow.repository.view(last)).state).toBe("assigned");
  const [paused] = await flow.database.query<{ id: string }>("SELECT id FROM run WHERE campaign_id = $1", [ids[0]]);
  expect(await flow.repository.view(paused!.id)).toMatchObject({
    waitingReason: "campaign c0 is paused",
    needsPerson: true,
  });
  const seen = await new CampaignsRepository(flow.database).detail(ids[0]!);
  expect(seen.verdicts).toMatchObject([{ waitingReason: "campaign c0 is paused", needsPerson: true, contact: "ok" }]);
});

it("a pass starts a limited number of runs, the most urgent first, and passes follow until nothing can start", async () => {
  const host = await flow.addHost(5);
  await flow.database.query("UPDATE host SET intent = 'maintenance' WHERE id = $1", [host.id]);
  const runs: string[] = [];
  for (const [n, { serial }] of host.duts.entries()) runs.push(await flow.submit("soak", serial, { priority: n }));
  await flow.doorbells.settle();
  await flow.database.query("UPDATE host SET intent = 'active' WHERE id = $1", [host.id]);
  const pass = new SchedulingPass({ heads: 100, rounds: 2, starts: 2 });
  const first = await flow.database.transaction((transaction) => pass.run(transaction, flow.clock.now()));
  expect(first.assigned.map(({ runId }) => runId).sort()).toEqual([runs[3]!, runs[4]!].sort());
  expect(first.unfinished).toBeGreaterThanOrEqual(3);
  new Scheduler(flow.database, flow.doorbells, flow.clock, SILENT_LOG, pass).onModuleInit();
  flow.doorbells.ring("schedule");
  await flow.doorbells.settle();
  const states = await Promise.all(runs.map(async (id) => (await flow.repository.view(id)).state));
  expect(new Set(states)).toEqual(new Set(["assigned"]));
});

it("what a line behind a run that just started waits for is written once, for the drive", async () => {
  const host = await flow.addHost(1);
  const dut = host.duts[0]!;
  await flow.database.query("UPDATE dut SET intent = 'hold' WHERE id = $1", [dut.id]);
  const first = await flow.submit("soak", dut.serial, { priority: 5 });
  const line = await times(LINE, () => flow.submit("soak", dut.serial));
  await flow.database.query("UPDATE dut SET intent = 'available' WHERE id = $1", [dut.id]);
  const pass = new SchedulingPass();
  await flow.database.transaction((transaction) => pass.run(transaction, flow.clock.now()));
  expect(new Set(await reasonsOf(line))).toEqual(new Set([`DUT ${dut.serial} is busy with run ${first}`]));
  expect(await told(dut.id)).toBe(0);
});

it("the database orders a line as the scheduler does: a wait of one ageing step outweighs one step of priority", async () => {
  const [row] = await flow.database.query<{ step: bigint }>(
    "SELECT service_key('2026-11-22T12:00:00Z', 0) - service_key('2026-11-22T12:00:00Z', 1) AS step",
  );
  expect(row!.step).toBe(BigInt(AGEING_MS));
});
