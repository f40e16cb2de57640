/** Stored results judged again by other limits: the verdict stays, the new one stands beside it. */
import type { EventBody } from "@assay/protocol";
import { evaluateAgain } from "../src/results/evaluate-again";
import { ENDED, FINISHED, type Flow, numbered, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

let flow: Flow;
flowBench(async (opened) => {
  flow = opened;
  await flow.addPlan(
    planSource("timed").replace("    - {id: data", "    - {id: p99, metric: io.latencyP99, le: 2ms}\n    - {id: data"),
  );
});

const measured = (latencyP99: number): EventBody => ({
  ...{ type: "metrics", path: "io", iteration: [], values: { miscompares: 0, latencyP99 }, labels: {} },
});
/** As the runner ends a run whose criterion it saw broken. */
const BROKEN: EventBody = {
  ...{ type: "finished", outcome: "failed", reason: "criterion p99: too slow" },
  attribution: { cause: "dut", rule: "criterion-broken", confidence: 0.5 },
};

async function runOf(bodies: EventBody[]) {
  const host = await flow.addHost(1);
  const runId = await flow.submit("timed", host.duts[0]!.serial);
  await flow.doorbells.settle();
  await flow.claim(runId, host.id);
  await flow.send(runId, host.id, numbered([STARTED, ...bodies]));
  await flow.doorbells.settle();
  return { runId, dutId: host.duts[0]!.id };
}

function judgeAgain(runId: string, limits: Parameters<typeof evaluateAgain>[2]["limits"]) {
  return flow.database.transaction((transaction) =>
    evaluateAgain(transaction, runId, { limits, person: "ann", reason: "the new sheet", now: flow.clock.now() }),
  );
}

it("judges a failed run passed by a wider limit, and overwrites nothing", async () => {
  const { runId, dutId } = await runOf([measured(3), BROKEN, ENDED]);
  const before = await flow.repository.detail(runId);
  expect(before).toMatchObject({ verdict: "failed", evaluations: [] });
  expect(await judgeAgain(runId, { p99: { value: "5ms" } })).toBe(2);
  expect(await judgeAgain(runId, { p99: { value: "3ms", operator: "lt" } })).toBe(3);
  const after = await flow.repository.detail(runId);
  expect(after.evaluations).toMatchObject([
    {
      ...{ number: 2, person: "ann", reason: "the new sheet", verdict: "passed" },
      limits: { p99: { operator: "le", value: 5 } },
    },
    { number: 3, verdict: "failed", verdictReason: expect.stringMatching(/^p99: io\.latencyP99 is 3 ms, must be/) },
  ]);
  const { evaluations: _, criteria, ...rest } = after;
  const { evaluations: __, criteria: own, ...same } = before;
  expect(rest).toEqual(same);
  expect(criteria.filter(({ evaluation }) => evaluation === 1)).toEqual(own);
  expect(criteria.slice(0, own.length)).toEqual(own);
  expect(criteria.filter(({ evaluation, id }) => evaluation === 2 && id === "p99")).toMatchObject([
    { outcome: "passed", value: 3, comparison: { operator: "le", value: 5 } },
  ]);
  const [dut] = await flow.database.query("SELECT intent FROM dut WHERE id = $1", [dutId]);
  expect(dut).toEqual({ intent: "hold" });
});

it("judges a passed run failed by a narrower limit, without a hold", async () => {
  const { runId, dutId } = await runOf([measured(1), FINISHED, ENDED]);
  await judgeAgain(runId, { p99: { value: "0.5ms" } });
  const run = await flow.repository.detail(runId);
  expect(run).toMatchObject({ verdict: "passed", attribution: null, evaluations: [{ verdict: "failed" }] });
  const [dut] = await flow.database.query("SELECT intent FROM dut WHERE id = $1", [dutId]);
  expect(dut).toEqual({ intent: "available" });
});

it("makes nothing passed that a step failed, or that has no data", async () => {
  const stepFailed: EventBody = {
    ...{ type: "finished", outcome: "failed", reason: "Format came back with 00/06" },
    attribution: { cause: "dut", rule: "unexpected-status", confidence: 0.7 },
  };
  const failed = await runOf([measured(1), stepFailed, ENDED]);
  await judgeAgain(failed.runId, { p99: { value: "1h" } });
  const without = await runOf([FINISHED, ENDED]);
  await judgeAgain(without.runId, { p99: { value: "1h" } });
  expect((await flow.repository.detail(failed.runId)).evaluations).toMatchObject([{ verdict: "failed" }]);
  expect((await flow.repository.detail(without.runId)).evaluations).toMatchObject([{ verdict: "errored" }]);
});

it("is refused for limits that do not fit, and for a run that goes on", async () => {
  const { runId } = await runOf([measured(1), FINISHED, ENDED]);
  await expect(judgeAgain(runId, { p98: { value: "1ms" } })).rejects.toThrow(/unknown criterion `p98`/);
  await expect(judgeAgain(runId, { p99: { value: 1 } })).rejects.toThrow(/is not a duration/);
  expect((await flow.repository.detail(runId)).evaluations).toEqual([]);
  const host = await flow.addHost(1);
  const queued = await flow.submit("timed", host.duts[0]!.serial);
  await expect(judgeAgain(queued, {})).rejects.toThrow(/has no verdict yet/);
});
