import { parsePlan } from "../parse/parse";
import { resolvePlan } from "../resolve/resolve";
import { changeLimits, type LimitChange } from "./change-limits";

const DUT = {
  ...{ model: "M", serial: "S", firmware: "1.0", capacityBytes: 64 * 2 ** 20, lbaBytes: 512, lbaFormatsBytes: [512] },
  ...{ transport: "model", powerCut: false },
};
const SOURCE = `apiVersion: assay/v1
kind: Plan
metadata: {name: a-plan, version: 1.0.0}
spec:
  steps:
    - snapshot: {id: before, of: [smart, identify]}
    - ioworker: {id: io, size: 4KiB, time: 1s}
    - snapshot: {id: after, of: [smart]}
  criteria:
    - {id: p99, metric: io.latencyP99, le: 2ms}
    - {id: rate, metric: io.throughput, ge: 100MB/s}
    - {id: iops, metric: io.iops, ge: 1000}
    - {id: model, metric: before.identify.model, eq: M}
    - {id: media, delta: [before, after], metric: smart.mediaErrors, eq: 0}
`;

function plan() {
  const parsed = parsePlan(SOURCE);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const bound = resolvePlan(parsed.plan, { parameters: {}, dut: DUT, sheet: {} });
  if ("problems" in bound) throw new Error(JSON.stringify(bound.problems));
  return bound.resolved;
}

function limit(id: string, change: LimitChange) {
  const answer = changeLimits(plan(), { [id]: change });
  if ("problems" in answer) return answer.problems;
  return answer.criteria.find((criterion) => criterion.id === id)!.comparison;
}

describe("other limits", () => {
  it.each<[string, LimitChange, object]>([
    ["p99", { value: "5ms" }, { operator: "le", value: 5 }],
    ["p99", { value: "1s", operator: "lt" }, { operator: "lt", value: 1000 }],
    ["p99", { value: 0 }, { operator: "le", value: 0 }],
    ["rate", { value: "1GB/s" }, { operator: "ge", value: 1e9 }],
    ["iops", { value: 5000 }, { operator: "ge", value: 5000 }],
    ["model", { value: "N", operator: "ne" }, { operator: "ne", value: "N" }],
    ["media", { value: 3, operator: "le" }, { operator: "le", value: 3 }],
  ])("of %s: %j", (id, change, comparison) => expect(limit(id, change)).toEqual(comparison));

  it.each<[string, LimitChange, RegExp]>([
    ["p99", { value: 5 }, /criterion `p99`: 5 is not a duration/],
    ["p99", { value: "5MB/s" }, /"5MB\/s" is not a duration/],
    ["iops", { value: "many" }, /"many" is not a number/],
    ["model", { value: "N", operator: "lt" }, /`lt` does not apply/],
    ["p98", { value: "5ms" }, /unknown criterion `p98`, did you mean `p99`\?/],
  ])("of %s as %j are refused in words", (id, change, message) => {
    expect(limit(id, change)).toEqual([expect.stringMatching(message)]);
  });

  it("leave all others as the plan has them, and the plan itself untouched", () => {
    const before = plan();
    const answer = changeLimits(before, { p99: { value: "5ms" } });
    expect(before).toEqual(plan());
    expect("criteria" in answer && answer.criteria.slice(1)).toEqual(before.criteria.slice(1));
    expect(changeLimits(before, {})).toEqual({ criteria: before.criteria });
  });
});
