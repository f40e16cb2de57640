/** What is exported of runs and campaigns, and what is said of runs that wait, are kept or have ended. */
import type { EventBody } from "@assay/protocol";
import { explainRun, type RunSituation } from "../src/results/explain-run";
import { readingQuery } from "../src/results/reading-query";
import { campaignReport, type ReportRecord, type ReportSource, runReport } from "../src/results/report";
import { RunResults } from "../src/results/run-results.service";
import { CRASHED, ENDED, FINISHED, type Flow, miscompares, numbered, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

let flow: Flow;
let source: ReportSource;
flowBench(async (opened) => {
  flow = opened;
  await flow.addPlan(planSource("soak"));
  await flow.addPlan(planSource("again"));
  source = { database: flow.database, runs: flow.repository, results: new RunResults(flow.database) };
});

const head = () => ({ at: flow.clock.now(), assay: "0.0.0" });

async function endRun(runId: string, hostId: string, bodies: EventBody[], events: EventBody[] = []) {
  await flow.claim(runId, hostId);
  const sent = numbered([STARTED, ...events, ...bodies]);
  for (let from = 0; from < sent.length; from += 400) await flow.send(runId, hostId, sent.slice(from, from + 400));
  await flow.doorbells.settle();
}

async function runOf(bodies: EventBody[], events: EventBody[] = []) {
  const host = await flow.addHost(1);
  const runId = await flow.submit("soak", host.duts[0]!.serial);
  await flow.doorbells.settle();
  await endRun(runId, host.id, bodies, events);
  return { runId, host, dut: host.duts[0]! };
}

async function all(records: AsyncIterable<ReportRecord> | null): Promise<ReportRecord[]> {
  const read: ReportRecord[] = [];
  for await (const record of records!) read.push(record);
  return read;
}
const kinds = (records: ReportRecord[]) => [...new Set(records.map(({ record }) => record))];
const of = (records: ReportRecord[], kind: string) => records.filter(({ record }) => record === kind);

describe("the report of a run", () => {
  const logs = Array.from({ length: 1200 }, (_, n): EventBody => ({ type: "log", level: "info", text: `line ${n}` }));
  const histogram: EventBody = {
    ...{ type: "histogram", path: "io", iteration: [], worker: 0, operation: "read", fromMs: 1, toMs: 2 },
    buckets: [[40, 7]],
  };

  it("has all that is needed to judge and to repeat it, however long its journal is", async () => {
    const { runId, dut } = await runOf([miscompares(0), FINISHED, ENDED], [...logs, histogram]);
    const records = await all(await runReport(source, runId, head()));
    expect(kinds(records)).toEqual(["report", "run", "plan", "dut", "criterion", "latency", "event", "end"]);
    expect(records[0]).toMatchObject({ version: 1, of: { run: runId } });
    expect(of(records, "run")).toMatchObject([{ run: runId, verdict: "passed", seed: expect.stringMatching(/^\d+$/) }]);
    expect(of(records, "plan")).toMatchObject([
      { name: "soak", source: planSource("soak"), resolved: { steps: [{ id: "io" }] }, hash: expect.any(String) },
    ]);
    expect(of(records, "dut")).toMatchObject([
      { serial: dut.serial, slot: "bay-0", formatsAtClaim: [{ lbaBytes: 512 }] },
    ]);
    expect(of(records, "criterion")).toMatchObject([
      { criterion: "data", outcome: "passed", comparison: { value: 0 } },
    ]);
    expect(of(records, "latency")).toMatchObject([{ path: "io", operation: "read", count: 7 }]);
    expect(of(records, "event").map(({ seq }) => seq)).toEqual(Array.from({ length: 1205 }, (_, n) => n + 1));
    expect(records.at(-1)).toMatchObject({ counts: { event: 1205, run: 1, criterion: 1 } });
    expect(JSON.stringify(records)).toContain("line 1199");
  });

  it("is refused before its first line where there is no such run or campaign", async () => {
    const nobody = "00000000-0000-4000-8000-000000000000";
    await expect(runReport(source, nobody, head())).rejects.toThrow(/there is no run/);
    expect(await campaignReport(source, nobody, head())).toBeNull();
  });
});

describe("the report of a campaign", () => {
  it("goes through its drives and plans in order, all attempts, each run with its own journal", async () => {
    const host = await flow.addHost(2);
    const id = await flow.campaigns.create(
      {
        ...{ name: "nightly", priority: 0, select: { duts: host.duts.map(({ serial }) => serial) } },
        plans: [
          { name: "soak", parameters: {} },
          { name: "again", parameters: {} },
        ],
      },
      "ann",
    );
    await flow.doorbells.settle();
    const assigned = await flow.database.query<{ id: string }>(
      "SELECT id FROM run WHERE campaign_id = $1 AND state = 'assigned'",
      [id],
    );
    expect(assigned).toHaveLength(2);
    await endRun(assigned[0]!.id, host.id, [CRASHED]);
    const records = await all(await campaignReport(source, id, head()));
    expect(records[1]).toMatchObject({
      record: "campaign",
      name: "nightly",
      plans: [{ plan: "soak" }, { plan: "again" }],
    });
    const runs = of(records, "run") as (ReportRecord & { dut: { serial: string }; plan: string; attempt: number })[];
    const order = runs.map(({ dut, plan, attempt }) => `${dut.serial} ${plan} ${attempt}`);
    expect(order).toHaveLength(5);
    const plan = (name: string) => (name === "soak" ? 0 : 1);
    const sorted = [...runs].sort(
      (a, b) =>
        (a.dut.serial < b.dut.serial ? -1 : a.dut.serial > b.dut.serial ? 1 : 0) ||
        plan(a.plan) - plan(b.plan) ||
        a.attempt - b.attempt,
    );
    expect(order).toEqual(sorted.map(({ dut, plan: name, attempt }) => `${dut.serial} ${name} ${attempt}`));
    expect(of(records, "event").every(({ run }) => run === assigned[0]!.id)).toBe(true);
    expect(records.at(-1)).toMatchObject({ record: "end", counts: { run: 5, campaign: 1 } });
  });
});

describe("what is said of a run", () => {
  const explain = async (runId: string) => {
    const [around] = await flow.database.query<RunSituation & Record<string, unknown>>(readingQuery("run-situation"), [
      runId,
    ]);
    return explainRun(await flow.repository.detail(runId), around!);
  };

  it("that failed: what broke, who is blamed, that its drive is kept and who waits behind it", async () => {
    const { runId, dut } = await runOf([miscompares(3), FINISHED, ENDED]);
    const next = await flow.submit("soak", dut.serial);
    await flow.doorbells.settle();
    const failed = await explain(runId);
    expect(failed.summary).toMatch(/^soak on T\S+ failed: data: io\.miscompares is 3, must be /);
    expect(failed.because[0]).toMatch(/^Criterion data failed: io\.miscompares is 3/);
    expect(failed.because).toContainEqual(expect.stringMatching(/^Attributed to dut by rule criterion/));
    expect(failed.next).toEqual([
      `${dut.serial} is on hold because of this run until somebody releases it (held by assay).`,
      `1 run of ${dut.serial} waits behind that.`,
    ]);
    expect(failed.commands).toEqual([`assay cmdlog ${runId}`, `assay dut release ${dut.serial} -r "<why>"`]);
    const waiting = await explain(next);
    expect(waiting.summary).toMatch(/is queued/);
    expect(waiting.because).toContain(`It is kept as run ${runId} left it.`);
    expect(waiting.because.filter((line) => line.includes("on hold since"))).toHaveLength(1);
    expect(waiting.next).toEqual([`Nothing, until somebody releases ${dut.serial}.`]);
  });

  it("that stands behind another: which one has the drive, and until when at the latest", async () => {
    const host = await flow.addHost(1);
    const first = await flow.submit("soak", host.duts[0]!.serial);
    flow.clock.pass(1000);
    const second = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    expect((await explain(first)).summary).toMatch(/is assigned to host-\S+, bay-0; its agent has not taken it yet/);
    await flow.claim(first, host.id);
    await flow.send(first, host.id, numbered([STARTED]));
    const { deadlineAt } = await flow.repository.view(first);
    expect((await explain(second)).next).toEqual([
      `soak (run ${first}, running) has the drive; its turn comes after that, at the latest ${deadlineAt}.`,
    ]);
    expect((await explain(first)).next).toContainEqual(expect.stringContaining(`its deadline ${deadlineAt}`));
  });

  it("that crashed: that it was tried again, and why the last attempt is not", async () => {
    let { runId, host } = await runOf([CRASHED]);
    const first = runId;
    for (const attempt of [2, 3]) {
      const [retry] = await flow.database.query<{ id: string }>(
        "SELECT id FROM run WHERE retry_of_id = $1 AND attempt = $2",
        [first, attempt],
      );
      expect((await explain(runId)).next[0]).toBe(
        `It was tried again as run ${retry!.id} (attempt ${attempt}): assigned.`,
      );
      runId = retry!.id;
      await endRun(runId, host.id, [CRASHED]);
    }
    expect((await explain(runId)).next).toContain("It is not tried again: this was attempt 3 of 3.");
  });

  it("of a paused campaign: that somebody must resume it", async () => {
    const host = await flow.addHost(1);
    const order = { name: "calm", plans: [{ name: "soak", parameters: {} }], select: { duts: [host.duts[0]!.serial] } };
    const id = await flow.campaigns.create({ ...order, priority: 0 }, "ann");
    await flow.campaigns.setIntent(id, "paused", "ann", "maintenance");
    await flow.doorbells.settle();
    const [run] = await flow.database.query<{ id: string }>("SELECT id FROM run WHERE campaign_id = $1", [id]);
    const said = await explain(run!.id);
    expect(said.next[0]).toMatch(/^Nothing, until somebody resumes campaign calm, which is paused/);
    expect(said.commands).toEqual(["assay campaign resume calm"]);
  });
});
