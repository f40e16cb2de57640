/** The built agent with the real runner and simulated drives, against a fake orchestrator. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedPlan } from "@assay/plans";
import { decodeCmdlog, type EventBody, type EventType, type RunOrder } from "@assay/protocol";
import { readBoottimeNs } from "../src/platform/boottime";
import { readStat } from "../src/runs/process-mark";
import { AgentBench, BUILT_AGENT } from "./agent-bench";
import { endedOf, type FakeRun } from "./fake-orchestrator";
import { catalogPlan, plan } from "./runner/bench";

jest.setTimeout(120_000);

const soak = (time: string) =>
  `effects: [writes]\nsteps: [{ioworker: {id: io, size: 4KiB, random: 100%, read: 50%, depth: 4, iops: 500, time: ${time}, verify: true, sample: 100ms}}]`;
const SOAK = soak("4s");
/** Far longer than a runner needs to start on a busy machine: it must be at work when its deadline comes. */
const BUDGET_MS = 10_000;
const slotText = (n: number) => `
  - name: bay-${n}
    path: {transport: model, address: bay-${n}.drive}
    identity: {model: ASSAY SIM A, serial: SIM000${n}}
    effects: [writes, destroys-data, power-cycles]
    power: {driver: simulated}
    simulated: {capacity: 64MiB, lba: 512B, seed: ${n}}`;

let bench: AgentBench;
beforeEach(async () => {
  bench = new AgentBench();
  await bench.open();
  writeFileSync(
    bench.hostFile,
    `apiVersion: assay/v1\nkind: Host\nname: bench-01\nslots:${[1, 2].map(slotText).join("")}\n`,
  );
});
afterEach(() => bench.close());

function submit(resolved: ResolvedPlan, n = 1, over: Partial<RunOrder> = {}): FakeRun {
  const identity = { model: "ASSAY SIM A", serial: `SIM000${n}`, nguid: null, eui64: null };
  const { effects, name: planName } = resolved;
  const order = { slot: `bay-${n}`, identity, effects, planName, plan: resolved, spoolBytes: 64 * 2 ** 20, ...over };
  return bench.submit({}, order);
}
const ended = (run: FakeRun) =>
  bench.orchestrator.until(
    () => `ended\n${bench.output}\n${log(run)}`,
    () => endedOf(run) !== null,
    90_000,
  );
/** Its worker has sent commands: the live flight recorder has them. */
const began = (run: FakeRun) =>
  bench.orchestrator.until(
    () => `began\n${bench.output}\n${log(run)}`,
    () =>
      bodies(run, "step-started").length > 0 &&
      liveRings(run).some((ring) => ring.qid !== 0 && ring.entries.length > 50),
    60_000,
  );
function liveRings(run: FakeRun) {
  const { cmdlogDir } = JSON.parse(readFileSync(join(bench.directory(run), "launch.json"), "utf8"));
  const names = readdirSync(cmdlogDir).filter((name) => name.endsWith(".cmdlog"));
  return names.map((name) => decodeCmdlog(readFileSync(join(cmdlogDir, name))));
}
const log = (run: FakeRun) => JSON.stringify(run.events.slice(-5));
const contiguous = (run: FakeRun) =>
  expect(run.events.map((event) => event.seq)).toEqual(run.events.map((_, n) => n + 1));
function bodies<T extends EventType>(run: FakeRun, type: T): Extract<EventBody, { type: T }>[] {
  return run.events.flatMap(({ body }) => (body.type === type ? [body as Extract<EventBody, { type: T }>] : []));
}
/** The agent makes the drives' files and sees who is in them before it is asked for anything. */
const ready = () =>
  bench.orchestrator.until(
    () => `inventory\n${bench.output}`,
    () => bench.orchestrator.inventory?.slots.every((slot) => slot.observed !== null) ?? false,
    60_000,
  );

test("simulated drives are made and seen, and two runs at the same time pass on two slots", async () => {
  bench.startAgent(BUILT_AGENT);
  await ready();
  expect(bench.orchestrator.inventory?.slots[0]).toMatchObject({
    observed: { identity: { serial: "SIM0001" }, lbaBytes: 512, capacityBytes: String(64 * 2 ** 20) },
    blocked: null,
  });
  const runs = [submit(catalogPlan("basic/smoke"), 1), submit(plan(SOAK), 2)];
  for (const run of runs) {
    await ended(run);
    expect(bodies(run, "finished")[0]).toMatchObject({ outcome: "completed", reason: null });
    expect(endedOf(run)).toMatchObject({ cause: "finished", exitCode: 0 });
    contiguous(run);
    expect(decodeCmdlog(run.cmdlogs.get(0) as Buffer).entries.length).toBeGreaterThan(2);
  }
});

test("a run goes on through a kill -9 of its agent and ends as it would have", async () => {
  const first = bench.startAgent(BUILT_AGENT);
  await ready();
  const run = submit(plan(SOAK));
  await began(run);
  await bench.end(first, "SIGKILL");
  bench.startAgent(BUILT_AGENT);
  await ended(run);
  expect(bodies(run, "finished")[0]).toMatchObject({ outcome: "completed" });
  expect(bodies(run, "started")).toHaveLength(1);
  contiguous(run);
});

test("after a kill -9 of the runner its last commands are there, and the next run on the slot passes", async () => {
  bench.startAgent(BUILT_AGENT);
  await ready();
  const run = submit(plan(SOAK));
  await began(run);
  process.kill(bench.runnerPid(run), "SIGKILL");
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "crashed", signal: "SIGKILL" });
  contiguous(run);
  const rings = [...run.cmdlogs.values()].map((file) => decodeCmdlog(file));
  expect(rings.some((ring) => ring.qid !== 0 && ring.entries.length > 10)).toBe(true);
  const retry = submit(catalogPlan("basic/smoke"));
  await ended(retry);
  expect(bodies(retry, "finished")[0]).toMatchObject({ outcome: "completed", reason: null });
});

test("agent and runner asleep past the deadline: the woken runner sends at most what was past its check", async () => {
  const agent = bench.startAgent(BUILT_AGENT);
  await ready();
  const run = submit(plan(soak("60s")), 1, { budgetMs: BUDGET_MS });
  await began(run);
  const runner = bench.runnerPid(run);
  agent.kill("SIGSTOP");
  process.kill(runner, "SIGSTOP");
  const launch = JSON.parse(readFileSync(join(bench.directory(run), "launch.json"), "utf8"));
  const deadline = BigInt(launch.deadlineBoottimeNs);
  await bench.orchestrator.until("the deadline is over", () => readBoottimeNs() > deadline + 200_000_000n);
  process.kill(runner, "SIGCONT");
  await bench.orchestrator.until("the runner has finished", () =>
    readFileSync(join(bench.directory(run), "journal.jsonl"), "utf8").includes('"finished"'),
  );
  // A runner that is still closing its drive would be killed, and rightly: it is past its time.
  await bench.orchestrator.until("the runner has exited", () => [undefined, "Z"].includes(readStat(runner)?.state));
  agent.kill("SIGCONT");
  await ended(run);
  expect(bodies(run, "finished")[0]).toMatchObject({ outcome: "deadline" });
  contiguous(run);
  for (const file of run.cmdlogs.values()) expect(submittedAfter(file, deadline)).toBeLessThanOrEqual(1);
  expect(readdirSync(bench.directory(run))).not.toContain("killed");
});

/** Commands of a ring that were submitted after an instant of CLOCK_BOOTTIME. */
function submittedAfter(file: Buffer, boottimeNs: bigint): number {
  const offset = file.readBigUInt64LE(32) - file.readBigUInt64LE(24);
  return decodeCmdlog(file).entries.filter((entry) => entry.submittedNs - offset > boottimeNs).length;
}
