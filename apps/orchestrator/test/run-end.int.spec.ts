/** What ends campaigns and runs: their last run, retries, cancelling. */
import { ENDED, FINISHED, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

const bench = flowBench();
const { startRun, end, campaignOfOne } = bench;

describe("a campaign ends with its last run", () => {
  it("also when that one was fenced", async () => {
    const { host, runId, ended } = await campaignOfOne("soak");
    await bench.flow.claim(runId, host.id);
    expect(await ended()).toBe(false);
    await bench.flow.runs.fence(runId, "bob", "pulled the plug", false);
    expect(await ended()).toBe(true);
  });

  it("also when that one no longer fitted its drive as it was claimed", async () => {
    await bench.flow.addPlan(planSource("cutting").replace("effects:", "needs: {power: cut}\n  effects:"));
    const { host, runId, ended } = await campaignOfOne("cutting");
    await bench.flow.database.query("UPDATE slot SET power_driver = NULL WHERE host_id = $1", [host.id]);
    await expect(bench.flow.claim(runId, host.id)).rejects.toThrow(/no longer fits/);
    expect(await ended()).toBe(true);
  });
});

describe("a retry of a run of a campaign", () => {
  it("goes on with a campaign that had ended", async () => {
    const { host, runId, ended } = await campaignOfOne("soak");
    await bench.flow.claim(runId, host.id);
    await end(runId, host.id, [STARTED, FINISHED, ENDED]);
    expect(await ended()).toBe(true);
    const retry = await bench.flow.runs.retry(runId, "ann");
    expect(await ended()).toBe(false);
    await bench.flow.doorbells.settle();
    await bench.flow.claim(retry, host.id);
    await end(retry, host.id, [STARTED, FINISHED, ENDED]);
    expect(await ended()).toBe(true);
  });

  it("does not wait for ever on a campaign that was cancelled", async () => {
    const { id, host, runId, ended } = await campaignOfOne("soak");
    await bench.flow.claim(runId, host.id);
    await bench.flow.campaigns.setIntent(id, "cancelled", "ann", null);
    await end(runId, host.id, [STARTED, { ...FINISHED, outcome: "cancelled" } as typeof FINISHED, ENDED]);
    const retry = await bench.flow.runs.retry(runId, "ann");
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(retry)).toMatchObject({
      state: "assigned",
      campaignId: null,
      retryOfId: runId,
    });
    expect(await ended()).toBe(true);
  });
});

describe("cancelling", () => {
  it("aborts at once what nobody claimed, and a claim under way is refused", async () => {
    const host = await bench.flow.addHost(1);
    const runId = await bench.flow.submit("soak", host.duts[0]!.serial);
    await bench.flow.doorbells.settle();
    expect(await bench.flow.runs.cancel(runId, "ann", "wrong drive")).toBe("aborted");
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      ...{ state: "finished", verdict: "aborted", reason: "cancelled by ann: wrong drive" },
      attribution: { cause: "operator", person: "ann" },
    });
    await expect(bench.flow.claim(runId, host.id)).rejects.toThrow(/not leased to this host with epoch 1/);
    const next = await bench.flow.submit("soak", host.duts[0]!.serial);
    await bench.flow.doorbells.settle();
    expect((await bench.flow.repository.view(next)).state).toBe("assigned");
  });

  it("asks a running one through its host, and the verdict comes when it has ended", async () => {
    const { host, runId } = await startRun();
    expect(await bench.flow.runs.cancel(runId, "ann", null)).toBe("asked");
    const held = { runId, epoch: 1, state: "running", lastSeq: 0, ackedSeq: 0 } as const;
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).cancels).toEqual([{ runId, epoch: 1 }]);
    const cancelled = { ...FINISHED, outcome: "cancelled" } as typeof FINISHED;
    expect(await end(runId, host.id, [STARTED, cancelled, ENDED])).toMatchObject({
      verdict: "aborted",
      reason: "cancelled by ann",
    });
  });
});
