import { contentHash, resolvedHash, sourceHash, stimulusHash } from "./hashes";
import type { DutFacts, ResolvedPlan } from "./model";
import { parsePlan } from "./parse/parse";
import { resolvePlan } from "./resolve/resolve";

const dut: DutFacts = {
  model: "M",
  serial: "S",
  firmware: "1",
  capacityBytes: 2 ** 26,
  lbaBytes: 512,
  lbaFormatsBytes: [512],
  transport: "model",
  powerCut: true,
};

function plan(source: string) {
  const result = parsePlan(source);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.plan;
}

function resolved(source: string, parameters = {}): ResolvedPlan {
  const result = resolvePlan(plan(source), { parameters, dut, sheet: {} });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.resolved;
}

const base = `apiVersion: assay/v1
kind: Plan
metadata: {name: a-plan, version: 1.0.0}
spec:
  parameters: {time: {type: duration, default: 1s}}
  effects: [writes]
  steps:
    - ioworker: {id: io, size: 4KiB, read: 50%, time: $time}
    - wait: {for: {random: [10ms, 20ms]}}
  criteria:
    - {id: fast, metric: io.iops, ge: 100}
`;

const sameMeaning = {
  comments: base.replace("  steps:", "  # why these steps\n  steps:"),
  "white space and style": base.replace(
    "{id: io, size: 4KiB, read: 50%, time: $time}",
    "\n        id: io\n        size: 4KiB\n        read: 50%\n        time: $time",
  ),
  "key order": base
    .replace("{id: io, size: 4KiB, read: 50%, time: $time}", "{time: $time, read: 50%, id: io, size: 4KiB}")
    .replace(
      "kind: Plan\nmetadata: {name: a-plan, version: 1.0.0}",
      "metadata: {version: 1.0.0, name: a-plan}\nkind: Plan",
    ),
  quotes: base.replace("4KiB", '"4KiB"'),
  "defaults written out": base
    .replace("size: 4KiB", "size: 4KiB, random: 100%, depth: 1, verify: false, align: null")
    .replace("  effects", "  finally: []\n  isolation: slot\n  timeouts: {run: 1h}\n  effects"),
  "another unit": base.replace("4KiB", "4096B").replace("default: 1s", "default: 1s").replace("20ms", "0.02s"),
};

const otherMeaning = {
  "a step's value": base.replace("read: 50%", "read: 51%"),
  "a limit": base.replace("ge: 100", "ge: 101"),
  "a parameter's default": base.replace("default: 1s", "default: 2s"),
  "the version": base.replace("1.0.0", "1.0.1"),
  "the order of steps": base.replace(/( {4}- ioworker.*\n)( {4}- wait.*\n)/, "$2$1"),
};

describe("contentHash", () => {
  it.each(Object.entries(sameMeaning))("is the same with other %s", (_, source) => {
    expect(source).not.toBe(base);
    expect(contentHash(plan(source))).toBe(contentHash(plan(base)));
    expect(sourceHash(source)).not.toBe(sourceHash(base));
  });

  it.each(Object.entries(otherMeaning))("changes with %s", (_, source) => {
    expect(source).not.toBe(base);
    expect(contentHash(plan(source))).not.toBe(contentHash(plan(base)));
  });

  it("survives a way through JSON, as a stored revision does", () => {
    expect(contentHash(JSON.parse(JSON.stringify(plan(base))))).toBe(contentHash(plan(base)));
  });

  it("is sha256 in hexadecimal", () => {
    expect(contentHash(plan(base))).toMatch(/^[0-9a-f]{64}$/);
    expect(sourceHash("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});

describe("resolvedHash and stimulusHash", () => {
  it("change with a parameter that reaches the drive", () => {
    const [one, two] = [resolved(base), resolved(base, { time: "2s" })];
    expect(resolvedHash(one)).not.toBe(resolvedHash(two));
    expect(stimulusHash(one)).not.toBe(stimulusHash(two));
  });

  it.each([
    ["a criterion", base.replace("ge: 100", "ge: 101")],
    ["the name", base.replace("a-plan", "b-plan")],
    ["an assert", base.replace("    - wait", "    - assert: {metric: io.errors, eq: 0}\n    - wait")],
    ["the sample interval", base.replace("size: 4KiB", "size: 4KiB, sample: 5s")],
    ["onFailure", base.replace("  steps:", "  onFailure: {hold: false}\n  steps:")],
  ])("stimulusHash stays with another %s, resolvedHash does not", (_, source) => {
    expect(resolvedHash(resolved(source))).not.toBe(resolvedHash(resolved(base)));
    expect(stimulusHash(resolved(source))).toBe(stimulusHash(resolved(base)));
  });

  it("stimulusHash changes with what a step does", () => {
    expect(stimulusHash(resolved(base.replace("read: 50%", "read: 51%")))).not.toBe(stimulusHash(resolved(base)));
  });
});
