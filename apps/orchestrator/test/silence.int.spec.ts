/** Hosts out of contact, and fencing. */
import { ENDED, FINISHED, miscompares, numbered, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

const bench = flowBench();
const { startRun, end } = bench;

describe("silence is no verdict", () => {
  it("shows a run unreachable, keeps its lease past the deadline and leases the slot only after the runner is known dead", async () => {
    const { host, runId, dut } = await startRun();
    await bench.flow.hostRuns.markContact(host.id, "unreachable");
    bench.flow.clock.pass(3_600_000);
    const next = await bench.flow.submit("soak", dut.serial);
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      state: "running",
      contact: "unreachable",
      verdict: null,
    });
    expect((await bench.flow.repository.view(next)).waitingReason).toBe(`DUT ${dut.serial} is busy with run ${runId}`);
    await end(runId, host.id, [STARTED, miscompares(0), FINISHED, ENDED]);
    expect((await bench.flow.repository.view(next)).state).toBe("assigned");
  });

  it("fences only the slots of the host that may still have the run in hand", async () => {
    await bench.flow.addPlan(planSource("cycling").replace("[writes]", "[writes, power-cycles]"));
    const [own, neighbour] = [await bench.flow.addHost(1), await bench.flow.addHost(1)];
    const [domain] = await bench.flow.database.query<{ id: string }>(
      "INSERT INTO power_domain (name) VALUES ('shared rail') RETURNING id",
    );
    const slots = [own.slots[0]!.id, neighbour.slots[0]!.id];
    await bench.flow.database.query("UPDATE slot SET power_domain_id = $1 WHERE id = ANY($2)", [domain!.id, slots]);
    const runId = await bench.flow.submit("cycling", own.duts[0]!.serial);
    await bench.flow.doorbells.settle();
    await bench.flow.claim(runId, own.id);
    const states = async () =>
      (
        await bench.flow.database.query("SELECT state FROM slot WHERE id = ANY($1) ORDER BY host_id = $2 DESC", [
          slots,
          own.id,
        ])
      ).map(({ state }) => state);
    expect(await states()).toEqual(["leased", "leased"]);
    await bench.flow.runs.fence(runId, "bob", "the rail is off", false);
    expect(await states()).toEqual(["fenced", "idle"]);
    await bench.flow.hostRuns.answerFor(own.id, []);
    expect(await states()).toEqual(["idle", "idle"]);
  });

  it("lets an operator fence a run: what comes later is late and changes nothing, the retry waits until the host let go of it", async () => {
    const { host, runId, dut } = await startRun();
    await bench.flow.send(runId, host.id, numbered([STARTED]));
    const { retryId } = await bench.flow.runs.fence(runId, "bob", "pulled the plug", true);
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.view(runId)).toMatchObject({
      verdict: "errored",
      reason: "fenced by bob: pulled the plug",
      epoch: 2,
    });
    const retry = () => bench.flow.repository.view(retryId!);
    expect(await retry()).toMatchObject({
      ...{ state: "queued", retryOfId: runId, dut: { id: dut.id } },
      waitingReason: `slot bay-0 of host ${host.name} is fenced: host ${host.name} has not yet let go of run ${runId}, fenced by bob: pulled the plug`,
    });
    expect(await bench.flow.send(runId, host.id, numbered([miscompares(9), FINISHED, ENDED], 2))).toEqual({
      nextSeq: 5,
      late: true,
    });
    await bench.flow.doorbells.settle();
    expect(await bench.flow.repository.detail(runId)).toMatchObject({
      verdict: "errored",
      eventCount: 1,
      lateEvents: 3,
      criteria: [],
    });
    const held = { runId, epoch: 1, state: "running", lastSeq: 4, ackedSeq: 4 } as const;
    expect((await bench.flow.hostRuns.answerFor(host.id, [held])).revokes).toEqual([{ runId, epoch: 1 }]);
    const stranger = await bench.flow.addHost(1);
    await bench.flow.hostRuns.answerFor(stranger.id, []);
    await bench.flow.doorbells.settle();
    expect((await retry()).state).toBe("queued");
    // Its process is dead; only the rest of its journal is still to be shipped.
    await bench.flow.hostRuns.answerFor(host.id, [{ ...held, state: "ended" }]);
    await bench.flow.doorbells.settle();
    expect(await retry()).toMatchObject({ state: "assigned", attempt: 2 });
  });
});
