import type { CriterionResult } from "@assay/plans";
import { judgedWhole, MAX_OBSERVATIONS } from "./evidence-reader";

const passed: CriterionResult = {
  id: "errors",
  iteration: null,
  outcome: "passed",
  metric: "io.errors",
  value: 0,
  comparison: { operator: "eq", value: 0 },
  inputs: 1,
  requirement: null,
  reason: "",
  evaluatorVersion: 1,
};

describe("criteria over more observations than can be read", () => {
  it("are errored, never passed by a part of the data", () => {
    expect(judgedWhole([passed], MAX_OBSERVATIONS)).toEqual([passed]);
    expect(judgedWhole([passed], MAX_OBSERVATIONS + 1)).toMatchObject([
      { id: "errors", outcome: "errored", value: null, reason: expect.stringContaining("only a part") },
    ]);
  });
});
