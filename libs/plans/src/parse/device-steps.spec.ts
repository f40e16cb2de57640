import { resolvePlan } from "../resolve/resolve";
import { parsePlan } from "./parse";

const DUT = {
  ...{ model: "M", serial: "S", firmware: "1.0", capacityBytes: 64 * 2 ** 20, lbaBytes: 512, lbaFormatsBytes: [512] },
  ...{ transport: "model", powerCut: false },
};

function messages(step: string, spec = "effects: [destroys-data]", parameters: Record<string, string | number> = {}) {
  const source = `apiVersion: assay/v1
kind: Plan
metadata: {name: a-plan, version: 1.0.0}
spec:
  ${spec}
  steps:
    - ${step}
    - admin: {id: judged, opcode: 6}
  criteria: [{id: c, metric: judged.sc, eq: 0}]
`;
  const parsed = parsePlan(source);
  if ("problems" in parsed) return parsed.problems.map(({ message }) => message);
  const bound = resolvePlan(parsed.plan, { parameters, dut: DUT, sheet: {} });
  return "problems" in bound ? bound.problems.map(({ message }) => message) : [];
}

describe("a firmware step", () => {
  it.each([
    "firmware: {image: new.bin}",
    "firmware: {image: new.bin, slot: 2, activate: now, revision: B8}",
    "firmware: {slot: 1, resetBy: subsystem, readyWithin: 5s}",
    'firmware: {image: unsigned.bin, slot: 2, expect: "01/07"}',
  ])("may say %s", (step) => expect(messages(step)).toEqual([]));

  it.each([
    ["firmware: {}", "without `image` it needs `slot`"],
    ["firmware: {slot: 1, activate: none}", "nothing that could only be stored"],
    ["firmware: {image: ../new.bin}", '"../new.bin" is not a file name'],
    ["firmware: {image: a.bin, sha256: abc}", '"abc" is not a SHA-256'],
    ["firmware: {image: a.bin, revision: 123456789}", "is not a firmware revision"],
    ["firmware: {image: a.bin, slot: 8}", "8 is out of range: 0 to 7"],
    ["firmware: {image: a.bin, activate: now, resetBy: pcie}", "`activate: now` makes no reset"],
    ["firmware: {image: a.bin, activate: none, revision: B8}", "leaves the running revision as it is"],
    ["firmware: {image: a.bin, activate: later}", "unknown activation `later`; allowed: reset, now, none"],
    ["firmware: {image: a.bin, slto: 1}", "unknown key `slto` in firmware, did you mean `slot`?"],
  ])("that says %s is refused in words", (step, message) => {
    expect(messages(step)).toEqual([expect.stringContaining(message)]);
  });

  it("takes image and revision of parameters, and checks their form when they are bound", () => {
    const spec = "effects: [destroys-data]\n  parameters: {image: {type: string}, time: {type: duration, default: 1s}}";
    const step = "firmware: {image: $image, readyWithin: $time}";
    expect(messages(step, spec, { image: "new.bin" })).toEqual([]);
    expect(messages(step, spec, { image: "/etc/passwd" })).toEqual([
      expect.stringContaining('"/etc/passwd" is not a file name'),
    ]);
    expect(messages("firmware: {image: $time, readyWithin: $image}", spec)).toEqual([
      expect.stringContaining("here stands a text"),
      expect.stringContaining("here stands a duration"),
    ]);
  });

  it("must be announced as an effect", () => {
    expect(messages("firmware: {id: up, image: a.bin}", "effects: [writes]")).toEqual([
      expect.stringContaining("the firmware step `up` destroys data"),
    ]);
  });
});

describe("a zone step", () => {
  it.each(["zone: {action: report}", "zone: {action: reset}", "zone: {action: append, zone: 3, count: 8}"])(
    "may say %s",
    (step) => expect(messages(step)).toEqual([]),
  );

  it.each([
    ["zone: {action: append}", "an `append` needs `zone`"],
    ["zone: {action: rest}", "unknown zone action `rest`, did you mean `reset`?"],
    ["zone: {zone: 1}", "is missing: report, open"],
  ])("that says %s is refused in words", (step, message) => {
    expect(messages(step)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ["report", "effects: []", true],
    ["open", "effects: [writes]", true],
    ["open", "effects: []", false],
    ["reset", "effects: [writes]", false],
  ])("%s with %s: sound %p", (action, spec, sound) => {
    expect(messages(`zone: {action: ${action}, zone: 0}`, spec).length === 0).toBe(sound);
  });
});
