import { exitCodeOf } from "./exit-codes";

describe("the exit code of several runs", () => {
  it.each([
    [["passed", "aborted", "errored", "failed"], 1],
    [["passed", "aborted", "errored"], 3],
    [["aborted", "passed"], 4],
    [["passed", "passed"], 0],
    [[], 0],
  ])("of %j is %i", (verdicts, code) => {
    expect(exitCodeOf(verdicts)).toBe(code);
  });
});
