import type { CriterionResult, ResolvedPlan } from "@assay/plans";
import { judgeRun } from "./judge-run";
import { isRetried, MAX_ATTEMPTS } from "./retry-policy";
import type { Ended, Finished, RunEvidence } from "./run-evidence";

const plan: ResolvedPlan = {
  name: "p",
  version: "1.0.0",
  needs: { power: null, lbaBytes: [], transports: [], minCapacityBytes: null },
  effects: [],
  isolation: "slot",
  runTimeoutMs: 1000,
  steps: [],
  finally: [],
  onFailure: { hold: true, capture: [] },
  criteria: [],
};
const result = (outcome: CriterionResult["outcome"]): CriterionResult => ({
  ...{ id: "data", iteration: null, outcome, metric: "io.miscompares", value: 1, inputs: 1, requirement: null },
  ...{ comparison: { operator: "eq", value: 0 }, reason: "io.miscompares is 1, must be 0", evaluatorVersion: 1 },
});
const finished = (outcome: Finished["outcome"], change: Partial<Finished> = {}): Finished => ({
  ...{ type: "finished", outcome, reason: null, attribution: null },
  ...change,
});
const ended = (cause: Ended["cause"], change: Partial<Ended> = {}): Ended => ({
  ...{ type: "ended", exitCode: 0, signal: null, cause, detail: null },
  ...change,
});
const run = (change: Partial<RunEvidence>): RunEvidence => ({
  ...{
    plan,
    results: [],
    finished: finished("completed"),
    ended: ended("finished"),
    refused: null,
    frozen: null,
    cancel: null,
  },
  ...{ miscompares: { count: 0, first: null }, statuses: { count: 0, first: null }, quarantined: [] },
  ...change,
});
const dead = { finished: null, ended: ended("crashed", { exitCode: null, signal: "SIGSEGV" }) };
const wrong = { miscompares: { count: 2, first: "LBA 17" } };
const cancel = { by: "ann", reason: "wrong drive" };
const refused = { type: "refused", by: "guard", rule: "identity-observed", reason: "another drive" } as const;

describe("the verdict of a run", () => {
  it.each<[string, Partial<RunEvidence>, string, string | null, boolean]>([
    ["all criteria hold", { results: [result("passed")] }, "passed", null, false],
    ["a criterion is broken", { results: [result("failed")] }, "failed", "dut", true],
    ["sectors are wrong", { ...wrong, finished: finished("failed") }, "failed", "dut", true],
    ["sectors are wrong and the runner crashed", { ...dead, ...wrong }, "failed", "dut", true],
    [
      "sectors are wrong and somebody cancelled",
      { ...wrong, cancel, finished: finished("cancelled") },
      "failed",
      "dut",
      true,
    ],
    ["a criterion had no data", { results: [result("errored")] }, "errored", "test", false],
    ["the runner crashed", dead, "errored", "host", false],
    ["the host rebooted", { finished: null, ended: ended("lost-at-boot") }, "errored", "host", false],
    ["the runner never started", { finished: null, ended: ended("never-started") }, "errored", "host", false],
    ["the time was over", { finished: finished("deadline") }, "errored", "unknown", false],
    ["it was killed at the deadline", { finished: null, ended: ended("killed-deadline") }, "errored", "unknown", false],
    ["the guard refused an identity", { refused, finished: finished("errored") }, "errored", "slot", false],
    ["the guard found a mount", { refused: { ...refused, rule: "mounted" }, finished: null }, "errored", "host", false],
    ["somebody cancelled", { cancel, finished: finished("cancelled") }, "aborted", "operator", false],
    [
      "somebody cancelled before it began",
      { cancel, finished: null, ended: ended("never-started") },
      "aborted",
      "operator",
      false,
    ],
    ["somebody cancelled too late", { cancel, results: [result("passed")] }, "passed", null, false],
  ])("%s", (_name, change, verdict, cause, hold) => {
    const judgement = judgeRun(run(change));
    expect([judgement.verdict, judgement.attribution?.cause ?? null, judgement.hold]).toEqual([verdict, cause, hold]);
    expect(judgement.reason.length).toBeGreaterThan(0);
  });
  it("says how a runner died", () => {
    expect(judgeRun(run(dead)).reason).toBe("the runner crashed (signal SIGSEGV)");
  });
  it("says who cancelled and why", () => {
    expect(judgeRun(run({ cancel, finished: finished("cancelled") })).reason).toBe("cancelled by ann: wrong drive");
  });
  it("believes the runner's suspicion where it is surer than the rule", () => {
    const suspected = { cause: "link", rule: "link-lost", confidence: 0.9 } as const;
    const judgement = judgeRun(run({ finished: finished("errored", { reason: "link lost", attribution: suspected }) }));
    expect(judgement.attribution).toMatchObject({ cause: "link", rule: "runner:link-lost" });
  });
  it("holds no drive when the plan does not ask for it", () => {
    const lenient = { ...plan, onFailure: { hold: false, capture: [] } };
    expect(judgeRun(run({ plan: lenient, results: [result("failed")] })).hold).toBe(false);
  });
});

describe("trying again", () => {
  it("happens for what the host did, at most twice", () => {
    const judgement = judgeRun(run(dead));
    expect([1, 2, 3].map((attempt) => isRetried(judgement, attempt, false))).toEqual([true, true, false]);
    expect(MAX_ATTEMPTS).toBe(3);
  });
  it("does not happen for what the guard refused", () => {
    const judgement = judgeRun(run({ refused: { ...refused, rule: "mounted" }, finished: finished("errored") }));
    expect(judgement.attribution).toMatchObject({ cause: "host", rule: "guard:mounted" });
    expect(isRetried(judgement, 1, false)).toBe(false);
  });
  it("does not happen for what the drive did, nor when somebody cancelled", () => {
    expect(isRetried(judgeRun(run({ results: [result("failed")] })), 1, false)).toBe(false);
    expect(isRetried(judgeRun(run(dead)), 1, true)).toBe(false);
  });

  it("is errored, not passed, when an event that could have said anything could not be stored", () => {
    const quarantined = [{ seq: 7, type: "miscompare", reason: "too long", metrics: null }];
    expect(judgeRun(run({ results: [result("passed")], quarantined }))).toMatchObject({
      verdict: "errored",
      reason: "event 7 (miscompare) could not be stored: too long",
      attribution: { cause: "orchestrator", rule: "event-quarantined" },
    });
    const harmless = [{ ...quarantined[0]!, type: "log", metrics: [] }];
    expect(judgeRun(run({ results: [result("passed")], quarantined: harmless }))).toMatchObject({ verdict: "passed" });
  });
});
