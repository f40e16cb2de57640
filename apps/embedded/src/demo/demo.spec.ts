import { DEFECTIVE, DEMO_PLANS, DRIVES, deviations, hasEnded, newestRuns } from "./demo";
import type { DemoDut, DemoRun, Evidence } from "./facts";

const run = (plan: string, dut: string, more: Partial<DemoRun> = {}): DemoRun => ({
  id: `${plan}-${dut}`,
  plan,
  dut,
  model: "ASSAY SIM A",
  state: "finished",
  verdict: dut === DEFECTIVE && plan === "verify-soak" ? "failed" : "passed",
  reason: null,
  startedAt: plan === "smoke" ? "2026-01-01T00:00:00Z" : "2026-01-01T00:01:00Z",
  finishedAt: plan === "smoke" ? "2026-01-01T00:00:30Z" : "2026-01-01T00:02:00Z",
  cause: dut === DEFECTIVE && plan === "verify-soak" ? "dut" : null,
  rule: null,
  ...more,
});
const asDescribed = () => DRIVES.flatMap((dut) => DEMO_PLANS.map((plan) => run(plan.name, dut)));
const drives = (intent: (serial: string) => string): DemoDut[] =>
  DRIVES.map((serial) => ({ serial, model: "ASSAY SIM A", health: "good", intent: intent(serial) }));
const held = drives((serial) => (serial === DEFECTIVE ? "hold" : "available"));
const evidence: Evidence = {
  miscompares: [{ lba: "7", kind: "bit-error", expected: "00", got: "01", commands: [] }],
  commands: ["read 7"],
};
const replaced = (id: string, more: Partial<DemoRun>) =>
  asDescribed().map((r) => (r.id === id ? { ...r, ...more } : r));

describe("the demo", () => {
  it("ended as described when only the defective drive failed, is on hold and left its evidence", () => {
    expect(deviations(asDescribed(), held, evidence)).toEqual([]);
  });

  it.each<[string, DemoRun[], DemoDut[], Evidence, RegExp]>([
    [
      "a good drive failed",
      replaced("smoke-SIM0001", { verdict: "failed" }),
      held,
      evidence,
      /smoke on SIM0001 should be passed and is failed/,
    ],
    [
      "the defect was not found",
      replaced("verify-soak-SIM0003", { verdict: "passed", cause: null }),
      held,
      evidence,
      /SIM0003 should be failed/,
    ],
    ["a run is missing", asDescribed().slice(1), held, evidence, /is missing/],
    ["the host was blamed", replaced("verify-soak-SIM0003", { cause: "host" }), held, evidence, /is to host/],
    [
      "the soak came first",
      replaced("smoke-SIM0002", { finishedAt: "2026-01-01T00:01:30Z" }),
      held,
      evidence,
      /began on SIM0002 before/,
    ],
    ["nothing is on hold", asDescribed(), drives(() => "available"), evidence, /is nobody/],
    [
      "a good drive is on hold too",
      asDescribed(),
      drives((s) => (s < "SIM0004" ? "hold" : "available")),
      evidence,
      /SIM0001, SIM0002/,
    ],
    ["no data were kept", asDescribed(), held, { ...evidence, miscompares: [] }, /expected and got/],
    ["no commands were kept", asDescribed(), held, { ...evidence, commands: [] }, /last commands/],
  ])("did not when %s", (_what, runs, duts, kept, sentence) => {
    expect(deviations(runs, duts, kept).join("\n")).toMatch(sentence);
  });

  it("counts a retry instead of the run that it repeats", () => {
    const lost = { ...run("smoke", "SIM0001"), id: "lost", verdict: "errored" };
    expect(deviations([lost, ...asDescribed()], held, evidence)).toEqual([]);
    expect(newestRuns([lost, ...asDescribed()])).toHaveLength(10);
  });
});

describe("the demo's end", () => {
  it("does not wait for a run that waits for a drive on hold", () => {
    expect(hasEnded(replaced("verify-soak-SIM0003", { state: "queued", verdict: null }), held)).toBe(true);
  });

  it("waits for every other run", () => {
    expect(hasEnded(replaced("verify-soak-SIM0001", { state: "queued", verdict: null }), held)).toBe(false);
    expect(hasEnded(replaced("verify-soak-SIM0003", { state: "running", verdict: null }), held)).toBe(false);
    expect(hasEnded([], held)).toBe(false);
  });
});
