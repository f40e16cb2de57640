import { NOT_BUILT } from "../document/not-built";
import { parsePlan } from "./parse";

/** Messages for a plan with one more step, key of `spec`, or criterion. */
function messages({ step = "wait: {for: 1s}", spec = "", criterion = "", repeat = "times: 1" }): string[] {
  const source = `apiVersion: assay/v1
kind: Plan
metadata: {name: a-plan, version: 1.0.0}
spec:
  effects: [destroys-data, power-cycles]
  ${spec}
  steps:
    - ${step}
    - repeat: {id: round, ${repeat}, steps: [{ioworker: {id: io, size: 4KiB, read: 100%, time: 1s}}]}
  criteria:
    - {id: fast, metric: io.iops, ge: 1${criterion}}
`;
  const result = parsePlan(source);
  return "problems" in result ? result.problems.map(({ message }) => message) : [];
}

const refused = (what: string) =>
  expect.arrayContaining([
    expect.stringMatching(new RegExp(`${what}.*described in the plan format but not built yet`)),
  ]);

describe("what the plan format describes and this version does not do is refused by name", () => {
  it("(the plan around it is sound)", () => {
    expect(messages({})).toEqual([]);
  });

  it.each(NOT_BUILT.steps)("step %s", (kind) => {
    expect(messages({ step: `${kind}: {id: x}` })).toEqual([
      `step \`${kind}\` is described in the plan format but not built yet`,
    ]);
  });

  it("repeat with until and max", () => {
    expect(messages({ repeat: "times: 1, max: 25, until: {steady: {of: io.iops}}" })).toEqual(
      refused("`until` of repeat"),
    );
    expect(messages({ repeat: "times: 1, max: 25" })).toEqual([
      "`max` of repeat is described in the plan format but not built yet",
    ]);
  });

  it("validity, isolation uplink, within, telemetry", () => {
    expect(messages({ spec: "validity: [link-at-max]" })).toEqual(refused("`validity`"));
    expect(messages({ spec: "isolation: uplink" })).toEqual(refused("isolation `uplink`"));
    expect(messages({ criterion: ", within: round.window" })).toEqual(refused("`within`"));
    expect(messages({ spec: "onFailure: {capture: [telemetry]}" })).toEqual(refused("capture source `telemetry`"));
    expect(messages({ step: "capture: {of: [telemetry]}" })).toEqual(refused("capture source `telemetry`"));
  });

  it("values of earlier steps", () => {
    expect(messages({ step: "wait: {for: $steps.io.duration}" })).toEqual(refused("\\$steps.io.duration"));
    expect(messages({ criterion: ", id2: 1" })).toEqual([expect.stringContaining("unknown key `id2`")]);
  });
});
