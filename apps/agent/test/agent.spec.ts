/** The agent as a process, against a fake orchestrator and with a fake runner. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../src/runs/process-mark";
import { readRunnerMark } from "../src/runs/runner-mark";
import { AgentBench } from "./agent-bench";
import { endedOf, type FakeRun } from "./fake-orchestrator";

jest.setTimeout(60_000);

let bench: AgentBench;
beforeEach(async () => {
  bench = new AgentBench();
  await bench.open();
});
afterEach(() => bench.close());

const ended = (run: FakeRun) =>
  bench.orchestrator.until(
    () => `${run.order.runId} ended\n${bench.output}`,
    () => endedOf(run) !== null,
  );
const came = (run: FakeRun, events: number) =>
  bench.orchestrator.until(
    () => `${events} events\n${bench.output}`,
    () => run.events.length >= events,
  );
const numbers = (run: FakeRun) => run.events.map((event) => event.seq);
const contiguous = (run: FakeRun) => expect(numbers(run)).toEqual(run.events.map((_, n) => n + 1));

test("an agent enrols once, keeps its credential to itself, reports its slots and runs an order", async () => {
  const agent = bench.startAgent();
  const run = bench.submit({ logs: 5 });
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "finished", exitCode: 0 });
  contiguous(run);
  expect(run.arrivals.indexOf("cmdlog")).toBeLessThan(run.arrivals.indexOf("ended"));
  expect(statSync(join(bench.agentDir, "credential.json")).mode & 0o777).toBe(0o600);
  await bench.orchestrator.until("inventory", () => bench.orchestrator.inventory !== null);
  expect(bench.orchestrator.inventory?.slots.map((slot) => [slot.name, slot.observed?.identity.serial])).toEqual([
    ["bay-1", "SIM0"],
    ["bay-2", "SIM1"],
  ]);
  expect(await bench.end(agent, "SIGTERM")).toBe(0);
  rmSync(join(bench.folder, "token"));
  bench.startAgent();
  const seen = bench.orchestrator.heartbeats.length;
  await bench.orchestrator.until(
    "heartbeats of the second agent",
    () => bench.orchestrator.heartbeats.length > seen + 1,
  );
  expect(bench.orchestrator.enrolments).toBe(1);
});

test("an order that is assigned three times runs once", async () => {
  bench.startAgent();
  const run = bench.submit({ logs: 20, everyMs: 20 });
  const ref = { runId: run.order.runId, epoch: 1 };
  await came(run, 3);
  bench.orchestrator.asks.assignments.push(ref, ref);
  await ended(run);
  bench.orchestrator.asks.assignments.push(ref);
  const seen = bench.orchestrator.heartbeats.length;
  await bench.orchestrator.until("two more heartbeats", () => bench.orchestrator.heartbeats.length > seen + 2);
  expect(bench.starts(run)).toBe(1);
  expect(bench.runNames()).toHaveLength(1);
});

test("a claim whose answer was lost is sent again, although the orchestrator lists it no more, and counts from its first time", async () => {
  bench.orchestrator.dropClaims = 1;
  bench.startAgent();
  const run = bench.submit({ logs: 3 });
  await bench.orchestrator.until("the lost claim", () => run.claims === 1);
  const before = JSON.parse(readFileSync(join(bench.agentDir, `claims/${run.order.runId}-1.json`), "utf8"));
  await ended(run);
  expect(run.claims).toBe(2);
  const launch = JSON.parse(readFileSync(join(bench.directory(run), "launch.json"), "utf8"));
  const budgetNs = BigInt(run.order.budgetMs) * 1_000_000n;
  expect(BigInt(launch.deadlineBoottimeNs)).toBe(BigInt(before.boottimeNs) + budgetNs);
  expect(bench.starts(run)).toBe(1);
});

test("a run of another boot is told as lost, with what its journal has", async () => {
  const first = bench.startAgent();
  const run = bench.submit({ logs: 3, after: "hang" });
  await came(run, 4);
  await bench.end(first, "SIGKILL");
  process.kill(bench.runnerPid(run), "SIGKILL");
  for (const name of ["launch.json", "runner.json"]) {
    const file = join(bench.directory(run), name);
    writeFileSync(file, readFileSync(file, "utf8").replace(currentBoot(), "another-boot"));
  }
  bench.startAgent();
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "lost-at-boot" });
  contiguous(run);
});

test("a flight recorder that is refused stays on the host and holds up no result", async () => {
  bench.orchestrator.refuseCmdlogs = true;
  bench.startAgent();
  const run = bench.submit({ logs: 3 });
  await ended(run);
  expect(run.cmdlogs.size).toBe(0);
  expect(existsSync(join(bench.directory(run), "cmdlog/1.cmdlog"))).toBe(true);
});

test("a run goes on while its agent is killed, and the next agent adopts it: nothing lost, nothing doubled", async () => {
  const first = bench.startAgent();
  const run = bench.submit({ logs: 150, everyMs: 20 });
  await came(run, 10);
  await bench.end(first, "SIGKILL");
  const pid = bench.runnerPid(run);
  expect(isAlive(readRunnerMark(bench.directory(run)) as never, currentBoot())).toBe(true);
  bench.startAgent();
  await ended(run);
  expect(bench.runnerPid(run)).toBe(pid);
  expect(bench.starts(run)).toBe(1);
  expect(endedOf(run)).toMatchObject({ cause: "finished" });
  contiguous(run);
});

test("a SIGTERM of the agent leaves its runners alone", async () => {
  const first = bench.startAgent();
  const run = bench.submit({ logs: 100, everyMs: 20 });
  await came(run, 5);
  expect(await bench.end(first, "SIGTERM")).toBe(0);
  expect(isAlive(readRunnerMark(bench.directory(run)) as never, currentBoot())).toBe(true);
  bench.startAgent();
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "finished" });
});

test("a runner that dies while no agent is there is closed as crashed, and its cmdlog is shipped", async () => {
  const first = bench.startAgent();
  const run = bench.submit({ logs: 5, after: "hang" });
  await came(run, 6);
  await bench.end(first, "SIGKILL");
  process.kill(bench.runnerPid(run), "SIGKILL");
  bench.startAgent();
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "crashed" });
  expect(run.cmdlogs.get(1)?.subarray(0, 8).toString()).toBe("ASSAYCLG");
  contiguous(run);
});

test("a runner killed with -9 is told with its signal, and its slot takes the next order", async () => {
  bench.startAgent();
  const run = bench.submit({ logs: 5, after: "hang" });
  await came(run, 6);
  process.kill(bench.runnerPid(run), "SIGKILL");
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "crashed", signal: "SIGKILL" });
  contiguous(run);
  const retry = bench.submit({ logs: 3 });
  await ended(retry);
  expect(endedOf(retry)).toMatchObject({ cause: "finished" });
});

test("a runner that cannot even begin is told with its last words", async () => {
  bench.startAgent();
  const run = bench.submit({ after: "exit" });
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "crashed", exitCode: 3 });
});

test("while the orchestrator is away events are kept, and afterwards each is there once", async () => {
  bench.startAgent();
  const run = bench.submit({ logs: 400, everyMs: 5 });
  const other = bench.submit(
    { logs: 300, everyMs: 5 },
    { slot: "bay-2", identity: { model: "ASSAY SIM A", serial: "SIM1", nguid: null, eui64: null } },
  );
  await came(run, 20);
  await came(other, 20);
  bench.orchestrator.dropAnswers = 3;
  await bench.orchestrator.until("dropped answers", () => bench.orchestrator.dropAnswers === 0);
  await bench.orchestrator.stop();
  // Both runners finish meanwhile.
  await bench.orchestrator.until("both finished", () =>
    [run, other].every((each) =>
      readFileSync(join(bench.directory(each), "journal.jsonl"), "utf8").includes('"ended"'),
    ),
  );
  await bench.orchestrator.start();
  await ended(run);
  await ended(other);
  contiguous(run);
  contiguous(other);
  expect(run.events).toHaveLength(1 + 400 + 2);
  expect(other.events).toHaveLength(1 + 300 + 2);
});

test("a runner that does not end after its deadline is killed", async () => {
  bench.startAgent();
  const run = bench.submit({ logs: 2, after: "deaf" }, { budgetMs: 500 });
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "killed-deadline", signal: "SIGKILL" });
  contiguous(run);
});

test("a parked runner keeps its slot past the deadline, through a restart and a revoke, until it is released", async () => {
  const first = bench.startAgent();
  const run = bench.submit({ logs: 2, after: "park" }, { budgetMs: 1000 });
  const ref = { runId: run.order.runId, epoch: 1 };
  await bench.orchestrator.until("parked", () => bench.orchestrator.heartbeats.at(-1)?.runs[0]?.state === "parked");
  await bench.end(first, "SIGKILL");
  bench.startAgent();
  const intruder = bench.submit({ logs: 1 });
  await ended(intruder);
  expect(endedOf(intruder)?.cause).toBe("never-started");
  expect(endedOf(intruder)?.detail).toContain("still belongs to run");
  bench.orchestrator.asks.revokes.push(ref);
  // Another run on another slot, later and with the same budget: once it is killed, the time of the parked one is over.
  const identity = { model: "ASSAY SIM A", serial: "SIM1", nguid: null, eui64: null };
  const later = bench.submit({ logs: 2, after: "deaf" }, { budgetMs: 1000, slot: "bay-2", identity });
  await ended(later);
  expect(endedOf(later)?.cause).toBe("killed-deadline");
  expect(endedOf(run)).toBeNull();
  expect(isAlive(readRunnerMark(bench.directory(run)) as never, currentBoot())).toBe(true);
  bench.orchestrator.asks.releases.push(ref);
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "finished" });
});

test("a revoke ends a runner, also one that does not listen", async () => {
  bench.startAgent();
  const deaf = bench.submit({ logs: 2, after: "deaf" });
  await came(deaf, 3);
  bench.orchestrator.asks.revokes.push({ runId: deaf.order.runId, epoch: 1 });
  await ended(deaf);
  expect(endedOf(deaf)).toMatchObject({ cause: "killed-revoked" });
});

test("a cancel reaches the runner", async () => {
  bench.startAgent();
  const run = bench.submit({ logs: 2, after: "hang" });
  await came(run, 3);
  bench.orchestrator.asks.cancels.push({ runId: run.order.runId, epoch: 1 });
  await ended(run);
  expect(run.events.at(-2)?.body).toMatchObject({ type: "finished", outcome: "cancelled" });
});

test.each([
  ["a slot that the host file does not list", { slot: "bay-9" }, /lists no slot "bay-9"/],
  [
    "another drive than the listed one",
    { identity: { model: "ASSAY SIM A", serial: "ELSE", nguid: null, eui64: null } },
    /serial/,
  ],
  [
    "an effect that the host file does not allow",
    { effects: ["power-cycles" as const] },
    /does not allow power-cycles/,
  ],
  ["more spool than there is", { spoolBytes: 2 ** 50 }, /needs .* of spool/],
  ["an order of another wire version", { wireVersion: 99 }, /wire version 99/],
])("%s is refused and no runner starts", async (_, over, reason) => {
  bench.startAgent();
  const run = bench.submit({}, over);
  await ended(run);
  expect(endedOf(run)).toMatchObject({ cause: "never-started", exitCode: null });
  expect(endedOf(run)?.detail).toMatch(reason);
  expect(existsSync(join(bench.agentDir, "tables/starts"))).toBe(false);
});

test("what the host file says now counts, not what it said when the agent started", async () => {
  bench.startAgent();
  await bench.orchestrator.until("inventory", () => bench.orchestrator.inventory !== null);
  bench.writeHost(["bay-1", "bay-2"], "[]");
  const run = bench.submit({});
  await ended(run);
  expect(endedOf(run)?.detail).toMatch(/allows no effects/);
  await bench.orchestrator.until(
    "the new inventory",
    () => bench.orchestrator.inventory?.slots[0]?.effects.length === 0,
  );
});

test("a second agent on the same folder says so and ends", async () => {
  bench.startAgent();
  await bench.orchestrator.until("heartbeat", () => bench.orchestrator.heartbeats.length > 0);
  const second = bench.startAgent();
  const code = await new Promise((done) => second.once("exit", done));
  expect(code).toBe(1);
  expect(bench.output).toMatch(/another agent \(pid \d+\) already works on/);
});

test("an orchestrator that refuses the agent is told in words, and the agent stays up until it is taken back", async () => {
  const agent = bench.startAgent();
  await bench.orchestrator.until("heartbeat", () => bench.orchestrator.heartbeats.length > 0);
  bench.orchestrator.failing = 426;
  await bench.orchestrator.until("the sentence", () =>
    bench.output.includes("refuses this agent: 426 No: told to fail"),
  );
  expect(agent.exitCode).toBeNull();
  bench.orchestrator.failing = null;
  const run = bench.submit({ logs: 1 });
  await ended(run);
});

function currentBoot(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
