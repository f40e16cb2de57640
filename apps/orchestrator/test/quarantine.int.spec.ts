/** Events that can never be stored as what they say they are. */
import type { EventBody, RunEvent } from "@assay/protocol";
import { IngestService } from "../src/ingest/ingest.service";
import { Log } from "../src/platform/log";
import { readRunEvents } from "../src/runs/run-events";
import { ENDED, FINISHED, type Flow, miscompares, numbered, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

let flow: Flow;
let lines: string[];
let ingest: IngestService;
flowBench(async (opened) => {
  flow = opened;
  const more = "    - {id: speed, metric: io.iops, gt: 1}\n";
  await flow.addPlan(`${planSource("soak")}${more}`);
});
beforeEach(() => {
  lines = [];
  ingest = new IngestService(
    flow.database,
    flow.doorbells,
    flow.clock,
    new Log("warn", undefined, (line) => lines.push(line)),
  );
});

async function startRun() {
  const host = await flow.addHost(1);
  const runId = await flow.submit("soak", host.duts[0]!.serial);
  await flow.doorbells.settle();
  await flow.claim(runId, host.id);
  return { runId, hostId: host.id };
}
const send = (runId: string, hostId: string, events: { seq: number; atMs: number; body?: unknown }[], epoch = 1) =>
  ingest.events(runId, hostId, { eventVersion: 1, epoch, events });
const iops = (iteration: number[]): EventBody => ({
  type: "metrics",
  path: "io",
  iteration,
  values: { iops: 1000 },
  labels: {},
});
/** No column of 32 bits takes such an iteration. */
const REFUSED = iops([3_000_000_000]);
const outcomes = async (runId: string) =>
  Object.fromEntries(
    (await flow.repository.detail(runId)).criteria.map(({ id, outcome, reason }) => [id, { outcome, reason }]),
  );

it("one that the database refuses is kept, those around it are stored, and only its criterion is errored", async () => {
  const { runId, hostId } = await startRun();
  const bodies = [
    STARTED,
    miscompares(0),
    REFUSED,
    { type: "log", level: "info", text: "on" } as const,
    FINISHED,
    ENDED,
  ];
  expect(await send(runId, hostId, numbered(bodies))).toEqual({ nextSeq: 7, late: false });
  await flow.doorbells.settle();
  const run = await flow.repository.detail(runId);
  expect(run).toMatchObject({
    state: "finished",
    verdict: "errored",
    eventCount: 6,
    attribution: { cause: "orchestrator" },
  });
  expect(await outcomes(runId)).toMatchObject({
    data: { outcome: "passed" },
    speed: {
      outcome: "errored",
      reason: expect.stringMatching(/event 3 \(metrics\) could not be stored: the database refuses it \(22003\)/),
    },
  });
  expect(run.quarantined).toMatchObject([{ seq: 3, type: "metrics", body: JSON.stringify(REFUSED) }]);
  const stored = await readRunEvents(flow.database, runId, 0, 100);
  expect(stored.map(({ body }) => body.type)).toEqual(["started", "metrics", "gap", "log", "finished", "ended"]);
});

it("one that nobody can read is kept as it came, and no criterion is believed", async () => {
  const { runId, hostId } = await startRun();
  const strange = { type: "prophecy", says: "\u0000 doom" };
  const events: { seq: number; atMs: number; body?: unknown }[] = numbered([STARTED, miscompares(0), FINISHED, ENDED]);
  events.splice(2, 0, { seq: 3, atMs: 1, body: strange });
  const sent = events.map((event, n) => ({ ...event, seq: n + 1 }));
  expect(await send(runId, hostId, sent)).toEqual({ nextSeq: 6, late: false });
  await flow.doorbells.settle();
  expect(await flow.repository.view(runId)).toMatchObject({ verdict: "errored" });
  expect((await outcomes(runId)).data).toMatchObject({ outcome: "errored" });
  expect((await flow.repository.detail(runId)).quarantined).toMatchObject([
    { seq: 3, type: "prophecy", metrics: null },
  ]);
});

it("is logged once, however often its batch is sent", async () => {
  const { runId, hostId } = await startRun();
  const batch = [...numbered([STARTED, REFUSED]), { seq: 3, atMs: 1, body: { type: "prophecy" } }];
  for (let n = 0; n < 3; n++) expect(await send(runId, hostId, batch)).toEqual({ nextSeq: 4, late: false });
  const said = lines.filter((line) => line.includes("quarantined")).map((line) => JSON.parse(line).seq);
  expect(said).toEqual([2, 3]);
});

it("a last word that nobody can read still ends the run", async () => {
  const { runId, hostId } = await startRun();
  const last = { seq: 4, atMs: 2, body: { type: "ended", cause: "struck by lightning" } };
  await send(runId, hostId, [...numbered([STARTED, miscompares(0), iops([])]), last]);
  await flow.doorbells.settle();
  expect(await flow.repository.view(runId)).toMatchObject({ state: "finished", verdict: "errored" });
  expect(await flow.database.query("SELECT 1 FROM lease WHERE run_id = $1 AND ended_at IS NULL", [runId])).toEqual([]);
});

it("one of an old epoch is kept among the late ones as it came", async () => {
  const { runId, hostId } = await startRun();
  await flow.runs.fence(runId, "bob", "gone", false);
  const event = { seq: 1, atMs: 1, body: { type: "prophecy" } } as unknown as RunEvent;
  expect(await send(runId, hostId, [event])).toEqual({ nextSeq: 2, late: true });
  const kept = await flow.database.query("SELECT body FROM telemetry.late_event WHERE run_id = $1", [runId]);
  expect(kept).toEqual([{ body: { type: "prophecy" } }]);
});
