import { boardTable, changes, evidenceText, progressOf } from "./board";
import type { DemoRun } from "./facts";

const run = (more: Partial<DemoRun>): DemoRun => ({
  id: "r1",
  plan: "smoke",
  dut: "SIM0001",
  model: "ASSAY SIM A",
  state: "queued",
  verdict: null,
  reason: null,
  startedAt: null,
  finishedAt: null,
  cause: null,
  rule: null,
  ...more,
});
const startedAt = "2026-01-01T00:00:00.000Z";
const now = Date.parse(startedAt) + 12_000;

describe("the board of a campaign", () => {
  it("says how long a run has been going or took", () => {
    expect(progressOf(run({ state: "running", startedAt }), now)).toBe("running 12 s");
    const finishedAt = "2026-01-01T00:00:08.000Z";
    expect(progressOf(run({ state: "finished", verdict: "passed", startedAt, finishedAt }), now)).toBe("passed in 8 s");
    expect(progressOf(run({}), now)).toBe("queued");
  });

  it("has a line for each drive and a column for each plan", () => {
    const runs = [run({}), run({ id: "r2", dut: "SIM0002", plan: "verify-soak" })];
    const lines = boardTable(runs, ["smoke", "verify-soak"], now).split("\n");
    expect(lines[0]).toMatch(/^DUT +MODEL +SMOKE +VERIFY-SOAK$/);
    expect(lines[1]).toMatch(/^SIM0001 +ASSAY SIM A +queued +-$/);
    expect(lines[2]).toMatch(/^SIM0002 +ASSAY SIM A +- +queued$/);
  });

  it("tells each change once", () => {
    const before = [run({})];
    const after = [run({ state: "finished", verdict: "failed", reason: "it broke" })];
    expect(changes(before, after)).toEqual(["smoke on SIM0001: failed (it broke)"]);
    expect(changes(after, after)).toEqual([]);
  });

  it("shows of a failed run what differs, who touched it and what came last", () => {
    const failed = run({ state: "finished", verdict: "failed", reason: "it broke", cause: "dut", rule: "miscompare" });
    const dut = { serial: "SIM0001", model: "ASSAY SIM A", health: "suspect", intent: "hold" };
    const miscompare = { lba: "7", kind: "bit-error", expected: "00", got: "01", commands: ["write 7"] };
    expect(evidenceText(failed, dut, { miscompares: [miscompare], commands: ["read 9"] })).toBe(
      [
        "smoke on SIM0001 (ASSAY SIM A): failed (it broke)",
        "  attributed to: dut (rule miscompare); the drive is on hold",
        "  LBA 7  bit-error",
        "    expected 00",
        "    got      01",
        "    commands that touched it:",
        "    write 7",
        "  the last commands it received:",
        "    read 9",
      ].join("\n"),
    );
  });
});
