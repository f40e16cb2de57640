import { CRASHED, ENDED, FINISHED, type Flow, FlowDatabase, miscompares, numbered, planSource, STARTED } from "./flow";

jest.setTimeout(120_000);

let server: FlowDatabase;
let flow: Flow;
beforeAll(async () => {
  server = await FlowDatabase.start();
  flow = await server.open();
  await flow.addPlan(planSource("soak"));
});
afterAll(async () => {
  await flow?.close();
  await server?.stop();
});

/** A run that was submitted, assigned and claimed. */
async function startRun(plan = "soak") {
  const host = await flow.addHost(1);
  const runId = await flow.submit(plan, host.duts[0]!.serial);
  await flow.doorbells.settle();
  const order = await flow.claim(runId, host.id);
  return { host, runId, order, dut: host.duts[0]! };
}

async function end(runId: string, hostId: string, bodies: Parameters<typeof numbered>[0]) {
  await flow.send(runId, hostId, numbered(bodies));
  await flow.doorbells.settle();
  return flow.repository.detail(runId);
}

/** One plan on one drive, assigned to its host. */
async function campaignOfOne(plan: string) {
  const host = await flow.addHost(1);
  const select = { duts: [host.duts[0]!.serial] };
  const id = await flow.campaigns.create(
    { name: "one", plans: [{ name: plan, parameters: {} }], select, priority: 0 },
    "ann",
  );
  await flow.doorbells.settle();
  const [run] = await flow.database.query<{ id: string }>("SELECT id FROM run WHERE campaign_id = $1", [id]);
  const ended = async () => {
    const [campaign] = await flow.database.query("SELECT ended_at IS NOT NULL AS ended FROM campaign WHERE id = $1", [
      id,
    ]);
    return campaign!.ended;
  };
  return { id, host, runId: run!.id, ended };
}

describe("the way of one run", () => {
  it("goes from queued to passed, and its slot is free again", async () => {
    const { host, runId, order } = await startRun();
    expect(order).toMatchObject({
      runId,
      epoch: 1,
      slot: "bay-0",
      planName: "soak",
      effects: ["writes"],
      budgetMs: 600_000,
    });
    expect(await flow.repository.view(runId)).toMatchObject({ state: "running", host: host.name, slot: "bay-0" });
    const run = await end(runId, host.id, [STARTED, miscompares(0), FINISHED, ENDED]);
    expect(run).toMatchObject({
      state: "finished",
      verdict: "passed",
      eventCount: 4,
      attribution: null,
      kernel: "6.1",
    });
    expect(run.criteria).toMatchObject([{ id: "data", outcome: "passed", value: 0, inputs: 1 }]);
    const [slot] = await flow.database.query("SELECT state FROM slot WHERE id = $1", [host.slots[0]!.id]);
    expect(slot).toEqual({ state: "idle" });
  });

  it("names the build that was meant, that was found and that was left", async () => {
    const { host, runId } = await startRun();
    const identity: Parameters<typeof numbered>[0][number] = {
      ...{ type: "identity", moment: "open", matches: true, namespaces: [] },
      identity: { model: "ASSAY SIM A", serial: "any", nguid: null, eui64: null, firmware: "1.0" },
    };
    await end(runId, host.id, [STARTED, identity, miscompares(0), FINISHED, ENDED]);
    const next = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    await flow.claim(next, host.id);
    await end(next, host.id, [STARTED, identity, miscompares(0), FINISHED, ENDED]);
    const [builds] = await flow.database.query(
      `SELECT intended.revision AS intended, start.revision AS start, finish.revision AS finish FROM run
         JOIN build intended ON intended.id = build_intended_id JOIN build start ON start.id = build_at_start_id
         JOIN build finish ON finish.id = build_at_end_id WHERE run.id = $1`,
      [next],
    );
    expect(builds).toEqual({ intended: "1.0", start: "1.0", finish: "1.0" });
  });

  it("is errored and does not stay assigned when its plan is no longer one", async () => {
    await flow.addPlan(planSource("outdated"));
    const host = await flow.addHost(1);
    const runId = await flow.submit("outdated", host.duts[0]!.serial);
    await flow.doorbells.settle();
    await flow.database.query("UPDATE plan_revision SET source = 'kind: Plan' WHERE name = 'outdated'");
    await expect(flow.claim(runId, host.id)).rejects.toThrow(/outdated is no longer valid/);
    expect(await flow.repository.view(runId)).toMatchObject({ verdict: "errored", attribution: { cause: "test" } });
  });

  it("holds a drive that failed, keeps the rest of its runs waiting and says why", async () => {
    const { host, runId, dut } = await startRun();
    const run = await end(runId, host.id, [STARTED, miscompares(3), FINISHED, ENDED]);
    expect(run).toMatchObject({ verdict: "failed", attribution: { cause: "dut", rule: "criterion" } });
    const next = await flow.submit("soak", dut.serial);
    await flow.doorbells.settle();
    const waiting = await flow.repository.view(next);
    expect(waiting.state).toBe("queued");
    expect(waiting.waitingReason).toContain(
      `DUT ${dut.serial} is on hold since 2026-11-22 12:00 UTC: run ${runId} failed`,
    );
  });

  it("names the first wrong sector", async () => {
    const { host, runId } = await startRun();
    const run = await end(runId, host.id, [
      STARTED,
      {
        ...{ type: "miscompare", path: "io", iteration: [], nsid: 1, lba: "4711", kind: "bit-error", byteOffset: 12 },
        ...{ expectedToken: "5", gotToken: "5", expectedLba: "4711", gotLba: "4711", expected: "00", got: "01" },
      },
      miscompares(1),
      { ...FINISHED, outcome: "failed" } as typeof FINISHED,
      ENDED,
    ]);
    expect(run).toMatchObject({
      verdict: "failed",
      attribution: { cause: "dut", rule: "miscompare" },
      miscompareCount: 1,
    });
    expect(run.miscompares).toMatchObject([{ lba: "4711", expected: "00", got: "01", byteOffset: 12 }]);
  });

  it("keeps the rule's attribution when a person finds another cause, and shows the newest", async () => {
    const { host, runId } = await startRun();
    const cable = { cause: "link", reason: "a bent pin in the riser", confidence: 0.9 } as const;
    await expect(flow.runs.attribute(runId, "bob", cable)).rejects.toThrow(/no verdict yet/);
    await end(runId, host.id, [STARTED, miscompares(3), FINISHED, ENDED]);
    await flow.runs.attribute(runId, "bob", cable);
    expect(await flow.repository.detail(runId)).toMatchObject({
      ...{ verdict: "failed", attribution: { cause: "link", person: "bob", rule: null } },
      attributions: [
        { cause: "dut", rule: "criterion" },
        { cause: "link", person: "bob", confidence: 0.9, evidence: { reason: "a bent pin in the riser" } },
      ],
    });
    const good = await startRun();
    await end(good.runId, good.host.id, [STARTED, miscompares(0), FINISHED, ENDED]);
    await expect(flow.runs.attribute(good.runId, "bob", cable)).rejects.toThrow(/nobody is to blame/);
  });

  it("is errored, not passed, when the criterion has no data", async () => {
    const { host, runId } = await startRun();
    expect(await end(runId, host.id, [STARTED, FINISHED, ENDED])).toMatchObject({
      verdict: "errored",
      attribution: { cause: "test" },
    });
  });

  it("is tried again as a new run when the runner crashed, at most twice", async () => {
    let { host, runId, dut } = await startRun();
    const first = runId;
    for (const attempt of [2, 3]) {
      const run = await end(runId, host.id, [STARTED, CRASHED]);
      expect(run).toMatchObject({ verdict: "errored", attribution: { cause: "host" } });
      const [retry] = await flow.database.query<{ id: string; attempt: number; retry_of_id: string }>(
        "SELECT id, attempt, retry_of_id FROM run WHERE dut_id = $1 AND attempt = $2",
        [dut.id, attempt],
      );
      expect(retry).toMatchObject({ attempt, retry_of_id: first });
      runId = retry!.id;
      await flow.claim(runId, host.id);
    }
    await end(runId, host.id, [STARTED, CRASHED]);
    const runs = await flow.database.query("SELECT id FROM run WHERE dut_id = $1", [dut.id]);
    expect(runs).toHaveLength(3);
  });

  it("keeps the exposure that its events show when the runner died before it told it", async () => {
    const { host, runId } = await startRun();
    const identity: Parameters<typeof numbered>[0][number] = {
      ...{ type: "identity", moment: "open", matches: true, namespaces: [] },
      identity: { model: "ASSAY SIM A", serial: "any", nguid: null, eui64: null, firmware: "1.0" },
    };
    const sample = {
      ...{ worker: 0, intervalMs: 1000, atMs: Date.parse("2026-11-22T12:00:02.000Z"), reads: 1, writes: 2, others: 0 },
      ...{ readBytes: 4096, writeBytes: 8192, errors: 0, latencyAverageNs: 1, latencyMaxNs: 1 },
    };
    const samples = [0, 1].map((interval) => ({ ...sample, interval }));
    const run = await end(runId, host.id, [
      ...[STARTED, identity],
      { type: "step-started", path: "r", iteration: [], kind: "reset" },
      { type: "samples", path: "io", iteration: [], samples },
      CRASHED,
    ]);
    expect(run.exposure).toEqual({ poweredMs: 2, readBytes: "8192", writtenBytes: "16384", powerCycles: 0, resets: 1 });
  });

  it("has its verdict while it is parked, and keeps its lease until the runner is dead", async () => {
    const { host, runId, dut } = await startRun();
    await flow.send(runId, host.id, numbered([STARTED, miscompares(1), FINISHED]));
    await flow.doorbells.settle();
    expect(await flow.repository.view(runId)).toMatchObject({ state: "running", verdict: null });
    const held = { runId, epoch: 1, state: "parked", lastSeq: 3, ackedSeq: 3 } as const;
    expect(await flow.hostRuns.answerFor(host.id, [held])).toMatchObject({ releases: [], revokes: [] });
    await flow.doorbells.settle();
    expect(await flow.repository.view(runId)).toMatchObject({ state: "finished", verdict: "failed", parked: true });
    expect(
      await flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId]),
    ).toHaveLength(1);
    expect((await flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([]);
    await flow.database.query("UPDATE dut SET intent = 'available' WHERE id = $1", [dut.id]);
    expect((await flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([{ runId, epoch: 1 }]);
    await flow.send(runId, host.id, numbered([ENDED], 4));
    await flow.doorbells.settle();
    expect(
      await flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId]),
    ).toHaveLength(0);
  });
});

describe("a run whose drive is frozen at an error", () => {
  const FROZEN: Parameters<typeof numbered>[0][number] = {
    ...{ type: "frozen", path: "io", iteration: [], worker: 0, nsid: 1, opcode: 2, sct: 2, sc: 0x81 },
    ...{ slba: "96", lbaCount: 8, untilMs: Date.parse("2026-11-29T12:00:00.000Z") },
  };
  const frozenRun = async () => {
    const started = await startRun();
    const { runId, host } = started;
    await flow.send(runId, host.id, numbered([STARTED, FROZEN]));
    const held = { runId, epoch: 1, state: "parked", lastSeq: 2, ackedSeq: 2 } as const;
    return { ...started, held };
  };
  const leases = async (runId: string) =>
    (await flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId])).length;

  it("shows the command, keeps its slot past its deadline, and goes when an operator says so", async () => {
    const { host, runId, held } = await frozenRun();
    expect((await flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([]);
    flow.clock.pass(7_200_000);
    await flow.doorbells.settle();
    expect(await flow.repository.view(runId)).toMatchObject({
      ...{ state: "running", verdict: null, parked: true, needsPerson: true },
      waitingReason: "its drive is frozen at an error until somebody releases the run",
      frozen: { sct: 2, sc: 0x81, slba: "96", untilAt: "2026-11-29T12:00:00.000Z", releasedAt: null },
    });
    expect(await leases(runId)).toBe(1);
    await flow.runs.release(runId, "ann", "the dump is taken");
    await flow.runs.release(runId, "bob", "me too");
    expect((await flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([{ runId, epoch: 1 }]);
    await flow.hostRuns.answerFor(host.id, [{ ...held, state: "running" }]);
    expect(await flow.repository.view(runId)).toMatchObject({
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
    await flow.send(runId, host.id, numbered(last, 3));
    await flow.doorbells.settle();
    const run = await flow.repository.view(runId);
    expect(run).toMatchObject({ verdict: "failed", attribution: { cause: "dut", rule: "unexpected-status" } });
    expect(run.frozen?.releasedAt).not.toBeNull();
    expect(await leases(runId)).toBe(0);
    await expect(flow.runs.release(runId, "ann", "again")).rejects.toThrow(/is not frozen/);
  });

  it("is failed and its drive kept when its runner dies meanwhile: the error is known, the rest is gone", async () => {
    const { host, runId, dut } = await frozenRun();
    await flow.send(runId, host.id, numbered([CRASHED], 3));
    await flow.doorbells.settle();
    expect(await flow.repository.view(runId)).toMatchObject({
      ...{ state: "finished", verdict: "failed", attribution: { cause: "dut", rule: "frozen-at-status" } },
      reason: expect.stringMatching(/^io had frozen the drive at status 02\/81 .* is gone: the runner crashed/),
    });
    const [held] = await flow.database.query("SELECT intent FROM dut WHERE id = $1", [dut.id]);
    expect(held).toEqual({ intent: "hold" });
    expect(await flow.database.query("SELECT 1 FROM run WHERE retry_of_id = $1", [runId])).toEqual([]);
  });

  it("can be let go also after somebody has fenced it", async () => {
    const { host, runId, held } = await frozenRun();
    await flow.runs.fence(runId, "bob", "we need the slot", false);
    expect(await flow.hostRuns.answerFor(host.id, [held])).toMatchObject({ releases: [], revokes: [{ runId }] });
    await flow.runs.release(runId, "bob", "nobody looks at it");
    expect((await flow.hostRuns.answerFor(host.id, [held])).releases).toEqual([{ runId, epoch: 1 }]);
  });

  it("is the only one that can be released: a run that goes on cannot", async () => {
    const { runId } = await startRun();
    await expect(flow.runs.release(runId, "ann", "by mistake")).rejects.toThrow(/is not frozen/);
  });
});

describe("a campaign ends with its last run", () => {
  it("also when that one was fenced", async () => {
    const { host, runId, ended } = await campaignOfOne("soak");
    await flow.claim(runId, host.id);
    expect(await ended()).toBe(false);
    await flow.runs.fence(runId, "bob", "pulled the plug", false);
    expect(await ended()).toBe(true);
  });

  it("also when that one no longer fitted its drive as it was claimed", async () => {
    await flow.addPlan(planSource("cutting").replace("effects:", "needs: {power: cut}\n  effects:"));
    const { host, runId, ended } = await campaignOfOne("cutting");
    await flow.database.query("UPDATE slot SET power_driver = NULL WHERE host_id = $1", [host.id]);
    await expect(flow.claim(runId, host.id)).rejects.toThrow(/no longer fits/);
    expect(await ended()).toBe(true);
  });
});

describe("a retry of a run of a campaign", () => {
  it("goes on with a campaign that had ended", async () => {
    const { host, runId, ended } = await campaignOfOne("soak");
    await flow.claim(runId, host.id);
    await end(runId, host.id, [STARTED, FINISHED, ENDED]);
    expect(await ended()).toBe(true);
    const retry = await flow.runs.retry(runId, "ann");
    expect(await ended()).toBe(false);
    await flow.doorbells.settle();
    await flow.claim(retry, host.id);
    await end(retry, host.id, [STARTED, FINISHED, ENDED]);
    expect(await ended()).toBe(true);
  });

  it("does not wait for ever on a campaign that was cancelled", async () => {
    const { id, host, runId, ended } = await campaignOfOne("soak");
    await flow.claim(runId, host.id);
    await flow.campaigns.setIntent(id, "cancelled", "ann", null);
    await end(runId, host.id, [STARTED, { ...FINISHED, outcome: "cancelled" } as typeof FINISHED, ENDED]);
    const retry = await flow.runs.retry(runId, "ann");
    await flow.doorbells.settle();
    expect(await flow.repository.view(retry)).toMatchObject({ state: "assigned", campaignId: null, retryOfId: runId });
    expect(await ended()).toBe(true);
  });
});

describe("cancelling", () => {
  it("aborts at once what nobody claimed, and a claim under way is refused", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    expect(await flow.runs.cancel(runId, "ann", "wrong drive")).toBe("aborted");
    expect(await flow.repository.view(runId)).toMatchObject({
      ...{ state: "finished", verdict: "aborted", reason: "cancelled by ann: wrong drive" },
      attribution: { cause: "operator", person: "ann" },
    });
    await expect(flow.claim(runId, host.id)).rejects.toThrow(/not leased to this host with epoch 1/);
    const next = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    expect((await flow.repository.view(next)).state).toBe("assigned");
  });

  it("asks a running one through its host, and the verdict comes when it has ended", async () => {
    const { host, runId } = await startRun();
    expect(await flow.runs.cancel(runId, "ann", null)).toBe("asked");
    const held = { runId, epoch: 1, state: "running", lastSeq: 0, ackedSeq: 0 } as const;
    expect((await flow.hostRuns.answerFor(host.id, [held])).cancels).toEqual([{ runId, epoch: 1 }]);
    const cancelled = { ...FINISHED, outcome: "cancelled" } as typeof FINISHED;
    expect(await end(runId, host.id, [STARTED, cancelled, ENDED])).toMatchObject({
      verdict: "aborted",
      reason: "cancelled by ann",
    });
  });
});

describe("silence is no verdict", () => {
  it("shows a run unreachable, keeps its lease past the deadline and leases the slot only after the runner is known dead", async () => {
    const { host, runId, dut } = await startRun();
    await flow.hostRuns.markContact(host.id, "unreachable");
    flow.clock.pass(3_600_000);
    const next = await flow.submit("soak", dut.serial);
    await flow.doorbells.settle();
    expect(await flow.repository.view(runId)).toMatchObject({
      state: "running",
      contact: "unreachable",
      verdict: null,
    });
    expect((await flow.repository.view(next)).waitingReason).toBe(`DUT ${dut.serial} is busy with run ${runId}`);
    await end(runId, host.id, [STARTED, miscompares(0), FINISHED, ENDED]);
    expect((await flow.repository.view(next)).state).toBe("assigned");
  });

  it("fences only the slots of the host that may still have the run in hand", async () => {
    await flow.addPlan(planSource("cycling").replace("[writes]", "[writes, power-cycles]"));
    const [own, neighbour] = [await flow.addHost(1), await flow.addHost(1)];
    const [domain] = await flow.database.query<{ id: string }>(
      "INSERT INTO power_domain (name) VALUES ('shared rail') RETURNING id",
    );
    const slots = [own.slots[0]!.id, neighbour.slots[0]!.id];
    await flow.database.query("UPDATE slot SET power_domain_id = $1 WHERE id = ANY($2)", [domain!.id, slots]);
    const runId = await flow.submit("cycling", own.duts[0]!.serial);
    await flow.doorbells.settle();
    await flow.claim(runId, own.id);
    const states = async () =>
      (
        await flow.database.query("SELECT state FROM slot WHERE id = ANY($1) ORDER BY host_id = $2 DESC", [
          slots,
          own.id,
        ])
      ).map(({ state }) => state);
    expect(await states()).toEqual(["leased", "leased"]);
    await flow.runs.fence(runId, "bob", "the rail is off", false);
    expect(await states()).toEqual(["fenced", "idle"]);
    await flow.hostRuns.answerFor(own.id, []);
    expect(await states()).toEqual(["idle", "idle"]);
  });

  it("lets an operator fence a run: what comes later is late and changes nothing, the retry waits until the host let go of it", async () => {
    const { host, runId, dut } = await startRun();
    await flow.send(runId, host.id, numbered([STARTED]));
    const { retryId } = await flow.runs.fence(runId, "bob", "pulled the plug", true);
    await flow.doorbells.settle();
    expect(await flow.repository.view(runId)).toMatchObject({
      verdict: "errored",
      reason: "fenced by bob: pulled the plug",
      epoch: 2,
    });
    const retry = () => flow.repository.view(retryId!);
    expect(await retry()).toMatchObject({
      ...{ state: "queued", retryOfId: runId, dut: { id: dut.id } },
      waitingReason: `slot bay-0 of host ${host.name} is fenced: host ${host.name} has not yet let go of run ${runId}, fenced by bob: pulled the plug`,
    });
    expect(await flow.send(runId, host.id, numbered([miscompares(9), FINISHED, ENDED], 2))).toEqual({
      nextSeq: 5,
      late: true,
    });
    await flow.doorbells.settle();
    expect(await flow.repository.detail(runId)).toMatchObject({
      verdict: "errored",
      eventCount: 1,
      lateEvents: 3,
      criteria: [],
    });
    const held = { runId, epoch: 1, state: "running", lastSeq: 4, ackedSeq: 4 } as const;
    expect((await flow.hostRuns.answerFor(host.id, [held])).revokes).toEqual([{ runId, epoch: 1 }]);
    const stranger = await flow.addHost(1);
    await flow.hostRuns.answerFor(stranger.id, []);
    await flow.doorbells.settle();
    expect((await retry()).state).toBe("queued");
    // Its process is dead; only the rest of its journal is still to be shipped.
    await flow.hostRuns.answerFor(host.id, [{ ...held, state: "ended" }]);
    await flow.doorbells.settle();
    expect(await retry()).toMatchObject({ state: "assigned", attempt: 2 });
  });
});
