/** A run whose drive is frozen at an error, until somebody releases it. */
import { CRASHED, ENDED, numbered, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

const bench = flowBench();
const { startRun } = bench;

describe("a run whose drive is frozen at an error", () => {
  const FROZEN: Parameters<typeof numbered>[0][number] = {
    ...{ type: "frozen", path: "io", iteration: [], worker: 0, nsid: 1, opcode: 2, sct: 2, sc: 0x81 },
    ...{ slba: "96", lbaCount: 8, untilMs: Date.parse("2026-11-29T12:00:00.000Z") },
  };
  const frozenRun = async () => {
    const started = await startRun();
    const { runId, host } = started;
    await bench.flow.send(runId, host.id, numbered([STARTED, FROZEN]));
    const held = { runId, epoch: 1, state: "parked", lastSeq: 2, ackedSeq: 2 } as const;
    return { ...started, held };
  };
  const leases = async (runId: string) =>
    (await bench.flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId])).length;

  it("shows the command, keeps its slot past its deadline, and goes when an operator says so", async () => {
    const { host, runId, held } = await frozenRun();
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([]);
    bench.flow.clock.pass(7_200_000);
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      ...{ state: "running", verdict: null, parked: true, needsPerson: true },
      waitingReason: "its drive is frozen at an error until somebody releases the run",
      frozen: { sct: 2, sc: 0x81, slba: "96", untilAt: "2026-11-29T12:00:00.000Z", releasedAt: null },
    });
    expect(await leases(runId)).toBe(1);
    await bench.flow.runs.release(runId, "ann", "the dump is taken");
    await bench.flow.runs.release(runId, "bob", "me too");
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([{ runId, epoch: 1 }]);
    await bench.flow.hostRuns.answerFor(host.id, [{ ...held, state: "running" }]);
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      ...{ parked: false, needsPerson: false, waitingReason: null },
      frozen: { releaseRequestedBy: "ann", releaseReason: "the dump is taken" },
    });
    const place = { path: "io", iteration: [] };
    const status = { ...place, opcode: 2, sct: 2, sc: 0x81, count: 1, firstMs: 1, lastMs: 1 };
    const last: Parameters<typeof numbered>[0] = [
      { type: "released", ...place, by: "operator", frozenMs: 5 },
      { type: "status", ...status },
      { type: "finished", outcome: "failed", reason: "frozen", attribution: null },
      ENDED,
    ];
    await bench.flow.send(runId, host.id, numbered(last, 3));
    await bench.flow.doorbells.settle();
    const run = await bench.flow.repository.view(runId);
    expect(run).toMatchObject({ verdict: "failed", attribution: { cause: "dut", rule: "unexpected-status" } });
    expect(run.frozen?.releasedAt).not.toBeNull();
    expect(await leases(runId)).toBe(0);
    await expect(bench.flow.runs.release(runId, "ann", "again")).rejects.toThrow(/is not frozen/);
  });

  it("is failed and its drive kept when its runner dies meanwhile: the error is known, the rest is gone", async () => {
    const { host, runId, dut } = await frozenRun();
    await bench.flow.send(runId, host.id, numbered([CRASHED], 3));
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      ...{ state: "finished", verdict: "failed", attribution: { cause: "dut", rule: "frozen-at-status" } },
      reason: expect.stringMatching(/^io had frozen the drive at status 02\/81 .* is gone: the runner crashed/),
    });
    const [held] = await bench.flow.database.query("SELECT intent FROM dut WHERE id = $1", [dut.id]);
    expect(held).toEqual({ intent: "hold" });
    expect(await bench.flow.database.query("SELECT 1 FROM run WHERE retry_of_id = $1", [runId])).toEqual([]);
  });

  it("can be let go also after somebody has fenced it", async () => {
    const { host, runId, held } = await frozenRun();
    await bench.flow.runs.fence(runId, "bob", "we need the slot", false);
    expect(await bench.flow.hostRuns.answerFor(host.id, [held])).toMatchObject({ releases: [], revokes: [{ runId }] });
    await bench.flow.runs.release(runId, "bob", "nobody looks at it");
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([{ runId, epoch: 1 }]);
  });

  it("is the only one that can be released: a run that goes on cannot", async () => {
    const { runId } = await startRun();
    await expect(bench.flow.runs.release(runId, "ann", "by mistake")).rejects.toThrow(/is not frozen/);
  });
});
