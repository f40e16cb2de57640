import { durationOption, labelOption, limitOption, parameterOption, parametersFor, parameterValue } from "./options";

describe("parameters on the command line", () => {
  it("are meant for all plans, or for the one that is named", () => {
    const given = parameterOption("smoke:time=500ms", parameterOption("region=8MiB"));
    expect(parametersFor("smoke", given)).toEqual({ region: "8MiB", time: "500ms" });
    expect(parametersFor("verify-soak", given)).toEqual({ region: "8MiB" });
  });

  it.each([
    ["100", 100],
    ["-1.5", -1.5],
    ["true", true],
    ["30s", "30s"],
    ["", ""],
    ["12345678901234567890", "12345678901234567890"],
  ])("%j is the value %p", (text, value) => expect(parameterValue(text)).toBe(value));

  it("may contain the sign that separates name and value", () => {
    expect(parameterOption("note=a=b")).toEqual([{ plan: null, name: "note", value: "a=b" }]);
  });

  it("are refused in words when they are not name=value", () => {
    expect(() => parameterOption("time")).toThrow(/name=value/);
    expect(() => labelOption("=demo")).toThrow(/name=value/);
    expect(() => durationOption("5")).toThrow(/unit/);
  });
});

describe("a limit", () => {
  it.each([
    ["p99=5ms", { criterion: "p99", value: "5ms" }],
    ["p99 lt 5ms", { criterion: "p99", operator: "lt", value: "5ms" }],
    ["no-errors = 0", { criterion: "no-errors", value: 0 }],
    ["ready eq true", { criterion: "ready", operator: "eq", value: true }],
  ])("is written %s", (text, limit) => expect(limitOption(text)).toEqual([limit]));

  it.each(["p99", "p99 below 5", "=5", ""])("is not written %j", (text) => {
    expect(() => limitOption(text)).toThrow(/criterion=value/);
  });
});
