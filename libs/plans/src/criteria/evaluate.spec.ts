import type { Criterion, Observation, ResolvedPlan, ResolvedStep } from "../model";
import { evaluateCriteria, evaluateIteration, evaluationContext, mustStop } from "./evaluate";

const TIMES = 3;
const snapshot = (id: string): ResolvedStep => ({ kind: "snapshot", id, of: ["smart"] });
const wait = (id: string): ResolvedStep => ({ kind: "wait", id, forMs: 1 });
const verify: ResolvedStep = {
  kind: "verify",
  id: "check",
  nsid: 1,
  written: null,
  regionOffsetBytes: 0,
  regionBytes: null,
  rule: "exact",
};
const plan: Pick<ResolvedPlan, "steps" | "finally"> = {
  steps: [
    snapshot("before"),
    {
      kind: "repeat",
      id: "cut",
      times: TIMES,
      steps: [
        snapshot("pre"),
        { kind: "parallel", id: "p", steps: [wait("w")] },
        verify,
        snapshot("post"),
        { kind: "repeat", id: "inner", times: 2, steps: [snapshot("deep")] },
      ],
    },
    snapshot("after"),
  ],
  finally: [],
};
const context = evaluationContext(plan);

const criterion = (more: Partial<Criterion>): Criterion => ({
  id: "c",
  each: null,
  delta: null,
  metrics: ["check.violations"],
  where: {},
  stat: "each",
  comparison: { operator: "eq", value: 0 },
  requirement: null,
  onViolation: "continue",
  else: "failed",
  ...more,
});
const see = (
  path: string,
  iteration: number[],
  metric: string,
  value: Observation["value"],
  labels: Observation["labels"] = {},
): Observation => ({ path, iteration, metric, value, labels });
const rounds = (values: number[]) => values.map((value, index) => see("cut/check", [index], "violations", value));
const outcomes = (criteria: Criterion[], observations: Observation[]) =>
  evaluateCriteria(criteria, observations, context).map(({ iteration, outcome }) => [iteration, outcome]);

describe("each", () => {
  const each = criterion({ each: "cut" });

  it("judges every iteration by itself, with the value that decided", () => {
    const results = evaluateCriteria([each], rounds([0, 2, 0]), context);
    expect(results.map(({ iteration, outcome, value, inputs }) => ({ iteration, outcome, value, inputs }))).toEqual([
      { iteration: 0, outcome: "passed", value: 0, inputs: 1 },
      { iteration: 1, outcome: "failed", value: 2, inputs: 1 },
      { iteration: 2, outcome: "passed", value: 0, inputs: 1 },
    ]);
    expect(results[1]?.reason).toBe("check.violations is 2, must be 0");
  });

  it("makes an iteration without data errored, never passed", () => {
    const results = evaluateCriteria([each], rounds([0, 0]), context);
    expect(results.map(({ outcome }) => outcome)).toEqual(["passed", "passed", "errored"]);
    expect(results[2]).toMatchObject({
      iteration: 2,
      value: null,
      inputs: 0,
      reason: "no value of check.violations in iteration 2",
    });
  });

  it("never passes with any one observation taken away, whatever the criterion (every subset)", () => {
    const all = [
      ...rounds([0, 0, 0]),
      see("before", [], "smart.mediaErrors", 1),
      see("after", [], "smart.mediaErrors", 1),
    ];
    const criteria = [
      each,
      criterion({ id: "run" }),
      criterion({ id: "d", delta: ["before", "after"], metrics: ["smart.mediaErrors"] }),
    ];
    expect(evaluateCriteria(criteria, all, context).every(({ outcome }) => outcome === "passed")).toBe(true);
    for (let mask = 0; mask < 2 ** all.length - 1; mask++) {
      const results = evaluateCriteria(
        criteria,
        all.filter((_, bit) => mask & (1 << bit)),
        context,
      );
      expect(results.some(({ outcome }) => outcome === "errored")).toBe(true);
      expect(results.some(({ outcome }) => outcome === "failed")).toBe(false);
      expect(new Set(results.map(({ id }) => id)).size).toBe(criteria.length);
    }
  });

  it("tells iterations that the run never came to in one result", () => {
    const results = evaluateCriteria([each], rounds([0]), context);
    expect(results.map(({ iteration, outcome }) => [iteration, outcome])).toEqual([
      [0, "passed"],
      [1, "errored"],
    ]);
    expect(results[1]).toMatchObject({ value: null, reason: "the run did not come to the iterations 1 to 2" });
    expect(evaluateCriteria([each], [], context)).toEqual([
      expect.objectContaining({
        iteration: 0,
        outcome: "errored",
        reason: "the run did not come to the iterations 0 to 2",
      }),
    ]);
  });

  it("keeps iterations that were begun apart, also where only another step left data", () => {
    const results = evaluateCriteria([each], [...rounds([0]), see("cut/pre", [2], "smart.mediaErrors", 0)], context);
    expect(results.map(({ iteration, outcome }) => [iteration, outcome])).toEqual([
      [0, "passed"],
      [1, "errored"],
      [2, "errored"],
    ]);
  });

  it("does not depend on the order of the observations", () => {
    const observations = [...rounds([0, 5, 0]), see("after", [], "smart.mediaErrors", 1)];
    const straight = evaluateCriteria([each], observations, context);
    expect(evaluateCriteria([each], [...observations].reverse(), context)).toEqual(straight);
  });

  it("counts iterations of nested repeats through", () => {
    const deep = [0, 1, 2].flatMap((outer) =>
      [0, 1].map((inner) => see("cut/inner/deep", [outer, inner], "smart.mediaErrors", outer * 10 + inner)),
    );
    const results = evaluateCriteria(
      [criterion({ each: "inner", metrics: ["deep.smart.mediaErrors"], comparison: { operator: "lt", value: 20 } })],
      deep,
      context,
    );
    expect(results.map(({ iteration, value, outcome }) => [iteration, value, outcome])).toEqual([
      [0, 0, "passed"],
      [1, 1, "passed"],
      [2, 10, "passed"],
      [3, 11, "passed"],
      [4, 20, "failed"],
      [5, 21, "failed"],
    ]);
    const outer = evaluateCriteria(
      [
        criterion({
          each: "cut",
          stat: "max",
          metrics: ["deep.smart.mediaErrors"],
          comparison: { operator: "lt", value: 20 },
        }),
      ],
      deep,
      context,
    );
    expect(outer.map(({ iteration, value, inputs }) => [iteration, value, inputs])).toEqual([
      [0, 1, 2],
      [1, 11, 2],
      [2, 21, 2],
    ]);
  });
});

describe("without each", () => {
  it("all values must hold, and the first that does not is told", () => {
    expect(evaluateCriteria([criterion({})], rounds([0, 7, 9]), context)).toEqual([
      expect.objectContaining({ iteration: null, outcome: "failed", value: 7, inputs: 3 }),
    ]);
  });

  it("one missing iteration makes it errored, with how many are missing", () => {
    const [result] = evaluateCriteria([criterion({ stat: "mean" })], rounds([0]), context);
    expect(result).toMatchObject({
      outcome: "errored",
      value: null,
      inputs: 1,
      reason: "no value of check.violations in iteration 1; 2 of 3 have none",
    });
  });

  it.each([
    ["mean", 4],
    ["min", 1],
    ["max", 9],
    ["sum", 12],
    ["count", 3],
    ["p50", 2],
    ["p90", 9],
    ["p99", 9],
    ["first", 9],
    ["last", 2],
  ] as const)("stat %s of 9, 1, 2 is %d", (stat, value) => {
    const [result] = evaluateCriteria(
      [criterion({ stat, comparison: { operator: "ge", value: 0 } })],
      rounds([9, 1, 2]),
      context,
    );
    expect(result).toMatchObject({ outcome: "passed", value });
  });

  it("where all values hold, `each` tells the one nearest to the limit", () => {
    const value = (operator: "le" | "ge", limit: number) =>
      evaluateCriteria([criterion({ comparison: { operator, value: limit } })], rounds([3, 9, 1]), context)[0]?.value;
    expect([value("le", 10), value("ge", 0)]).toEqual([9, 1]);
  });
});

describe("delta", () => {
  const counters = criterion({
    delta: ["pre", "post"],
    each: "cut",
    metrics: ["smart.powerCycles"],
    comparison: { operator: "eq", value: 1 },
  });
  const pair = (iteration: number, before: Observation["value"], after: Observation["value"]) => [
    see("cut/pre", [iteration], "smart.powerCycles", before),
    see("cut/post", [iteration], "smart.powerCycles", after),
  ];

  it("takes after minus before, pair by pair", () => {
    expect(
      evaluateCriteria([counters], [...pair(0, 5, 6), ...pair(1, 6, 6), ...pair(2, 6, 8)], context).map(
        ({ outcome, value }) => [outcome, value],
      ),
    ).toEqual([
      ["passed", 1],
      ["failed", 0],
      ["failed", 2],
    ]);
  });

  it("is errored where one snapshot of the pair is missing", () => {
    expect(outcomes([counters], [...pair(0, 5, 6), pair(1, 6, 7)[0]!, ...pair(2, 6, 7)])).toEqual([
      [0, "passed"],
      [1, "errored"],
      [2, "passed"],
    ]);
  });

  it("subtracts counters above 2^53 exactly", () => {
    const big = 2n ** 100n;
    expect(
      evaluateCriteria(
        [counters],
        [...pair(0, `${big}`, `${big + 1n}`), ...pair(1, 1, "2"), ...pair(2, "x", 1)],
        context,
      ).map(({ outcome, value }) => [outcome, value]),
    ).toEqual([
      ["passed", 1],
      ["passed", 1],
      ["errored", null],
    ]);
  });

  it("pairs a snapshot in a repeat with one before it", () => {
    const growth = criterion({
      delta: ["before", "post"],
      each: "cut",
      metrics: ["smart.powerCycles"],
      comparison: { operator: "le", value: 2 },
    });
    const observations = [
      see("before", [], "smart.powerCycles", 10),
      ...[0, 1, 2].map((round) => see("cut/post", [round], "smart.powerCycles", 11 + round)),
    ];
    expect(outcomes([growth], observations)).toEqual([
      [0, "passed"],
      [1, "passed"],
      [2, "failed"],
    ]);
  });
});

describe("labels", () => {
  const io = (labels: Observation["labels"], value: number) => see("cut/check", [0], "violations", value, labels);
  const others = rounds([0, 0, 0]).slice(1);
  const judged = (where: Criterion["where"], observations: Observation[]) =>
    evaluateCriteria([criterion({ each: "cut", where })], observations, context)[0];

  it("values of single workers count only where the criterion names the worker", () => {
    const observations = [io({}, 0), io({ worker: 0 }, 7), io({ worker: 1 }, 8), ...others];
    expect(judged({}, observations)).toMatchObject({ outcome: "passed", value: 0, inputs: 1 });
    expect(judged({ worker: 1 }, observations)).toMatchObject({ outcome: "failed", value: 8, inputs: 1 });
  });

  it("a label that no value carries is errored", () => {
    expect(judged({ worker: 3 }, [io({}, 0), io({ worker: 0 }, 0)])).toMatchObject({
      outcome: "errored",
      reason: "no value of check.violations where worker = 3 in iteration 0",
    });
    expect(judged({ toString: 1 }, [io({}, 0)])).toMatchObject({ outcome: "errored" });
  });
});

describe("comparisons", () => {
  const one = (value: Observation["value"], comparison: Criterion["comparison"]) =>
    evaluateCriteria([criterion({ metrics: ["before.x"], comparison })], [see("before", [], "x", value)], context)[0]
      ?.outcome;
  it.each([
    [5, "eq", 5, "passed"],
    [5, "ne", 5, "failed"],
    [5, "lt", 5, "failed"],
    [5, "le", 5, "passed"],
    [5, "gt", 5, "failed"],
    [5, "ge", 5, "passed"],
    [4, "lt", 5, "passed"],
    [6, "gt", 5, "passed"],
    [6, "le", 5, "failed"],
    [4, "ge", 5, "failed"],
    ["1.0", "eq", "1.0", "passed"],
    ["1.0", "eq", "1.1", "failed"],
    ["1.0", "ge", "1.0", "errored"],
    [true, "eq", true, "passed"],
    [true, "eq", 1, "errored"],
    ["7", "eq", 7, "passed"],
    ["seven", "eq", 7, "errored"],
    [Number.NaN, "eq", 0, "errored"],
    [Number.POSITIVE_INFINITY, "ge", 0, "errored"],
  ] as const)("%s %s %s is %s", (value, operator, limit, outcome) => {
    expect(one(value, { operator, value: limit })).toBe(outcome);
  });

  it("`else: errored` makes a miss errored, with its value", () => {
    expect(evaluateCriteria([criterion({ else: "errored" })], rounds([1, 0, 0]), context)).toEqual([
      expect.objectContaining({ outcome: "errored", value: 1 }),
    ]);
  });

  it("several metrics are several results", () => {
    const results = evaluateCriteria(
      [criterion({ metrics: ["before.a", "before.b"] })],
      [see("before", [], "a", 0)],
      context,
    );
    expect(results.map(({ metric, outcome }) => [metric, outcome])).toEqual([
      ["before.a", "passed"],
      ["before.b", "errored"],
    ]);
  });

  it("a step that the plan does not have is errored", () => {
    expect(evaluateCriteria([criterion({ metrics: ["nobody.x"] })], [], context)).toEqual([
      expect.objectContaining({ outcome: "errored", reason: "the plan has no step `nobody`" }),
    ]);
  });
});

describe("onViolation: stop", () => {
  const data = criterion({ id: "data", each: "cut", onViolation: "stop" });
  const ready = criterion({
    id: "ready",
    each: "cut",
    metrics: ["check.coverage"],
    comparison: { operator: "ge", value: 100 },
  });
  const coverage = (count: number) =>
    Array.from({ length: count }, (_, index) => see("cut/check", [index], "coverage", 100));

  it("expects no iteration after the one that stopped the run", () => {
    expect(outcomes([data, ready], [...rounds([0, 1]), ...coverage(2)])).toEqual([
      [0, "passed"],
      [1, "failed"],
      [0, "passed"],
      [1, "passed"],
    ]);
  });

  it("still expects them all where nothing was violated", () => {
    expect(outcomes([data], rounds([0, 0]))).toEqual([
      [0, "passed"],
      [1, "passed"],
      [2, "errored"],
    ]);
  });

  it("evaluateIteration judges the iteration that has just ended and says when to stop", () => {
    const results = evaluateIteration(
      [data, ready, criterion({ id: "end" })],
      "cut",
      [1],
      [...rounds([0, 1]), ...coverage(2)],
      context,
    );
    expect(results.map(({ id, iteration, outcome }) => [id, iteration, outcome])).toEqual([
      ["data", 1, "failed"],
      ["ready", 1, "passed"],
    ]);
    expect(mustStop([data, ready], results)?.id).toBe("data");
    expect(mustStop([ready], results)).toBeNull();
  });

  it("missing data is no violation", () => {
    expect(mustStop([data], evaluateIteration([data], "cut", [0], [], context))).toBeNull();
  });
});

it("ten thousand iterations are judged in one pass over the data", () => {
  const many = evaluationContext({
    steps: [{ kind: "repeat", id: "cut", times: 10_000, steps: [verify] }],
    finally: [],
  });
  const observations = rounds(Array(10_000).fill(0));
  let reads = 0;
  const counted = observations.map(
    (observation) =>
      new Proxy(observation, {
        get: (target, key) => {
          if (key === "value") reads++;
          return Reflect.get(target, key);
        },
      }),
  );
  expect(evaluateCriteria([criterion({ each: "cut" })], counted, many)).toHaveLength(10_000);
  expect(reads).toBe(10_000);
});
