import type { CriterionResult } from "../model";
import { type FinishedOutcome, verdictOf } from "./verdict";

const result = (outcome: CriterionResult["outcome"]): CriterionResult => ({
  id: outcome,
  iteration: 4,
  outcome,
  metric: "io.errors",
  value: outcome === "errored" ? null : 1,
  comparison: { operator: "eq", value: 0 },
  inputs: 1,
  requirement: null,
  reason: "io.errors is 1, must be 0",
  evaluatorVersion: 1,
});
const [passed, failed, errored] = [result("passed"), result("failed"), result("errored")];
const verdict = (finished: FinishedOutcome, ...results: CriterionResult[]) =>
  verdictOf({ results, finished, reason: null }).verdict;
const ENDS: FinishedOutcome[] = ["completed", "failed", "errored", "cancelled", "deadline", null];

describe("verdictOf", () => {
  it("is passed only for a completed run whose every result passed", () => {
    for (const end of ENDS)
      expect([end, verdict(end, passed, passed)]).toEqual([
        end,
        end === "completed" ? "passed" : expect.not.stringMatching("passed"),
      ]);
  });

  it("is failed by one broken criterion, however the run ended and in whatever order", () => {
    for (const end of ENDS) {
      expect(verdict(end, passed, errored, failed)).toBe("failed");
      expect(verdict(end, failed, errored, passed)).toBe("failed");
    }
  });

  it.each([
    ["completed", "errored"],
    ["failed", "failed"],
    ["errored", "errored"],
    ["cancelled", "aborted"],
    ["deadline", "errored"],
    [null, "errored"],
  ] as const)("of a run that ended %s with missing data is %s", (end, expected) => {
    expect(verdict(end, passed, errored)).toBe(expected);
  });

  it("tells the criterion and iteration that decided, or the runner's reason", () => {
    expect(verdictOf({ results: [passed, failed], finished: "completed", reason: null }).reason).toBe(
      "failed (iteration 4): io.errors is 1, must be 0",
    );
    expect(verdictOf({ results: [], finished: "errored", reason: "the drive did not open" }).reason).toBe(
      "the drive did not open",
    );
  });
});
