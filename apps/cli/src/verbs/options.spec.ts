import { durationOption, labelOption, parameterOption, parametersFor, parameterValue } from "./options";

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
