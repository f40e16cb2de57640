/**
 * Rows a second through the ingest path (parse, lock, sequence, project, COPY, commit) beside raw COPY of the same rows
 * into the same table of the same PostgreSQL. Prints ratios; no test.
 * node bench/ingest.mjs [events=40000] [batch=1000] [rounds=3]
 */
import { createRequire } from "node:module";
import { eventBatch, openLab } from "./lab-database.mjs";
import { median } from "./quantile.mjs";

const require = createRequire(import.meta.url);
const { eventBatchSchema } = require("../libs/protocol/dist");
const { copyRows } = require("../apps/orchestrator/dist/ingest/copy-rows");
const { storeBatch } = require("../apps/orchestrator/dist/ingest/event-store");

const [events = 40_000, batch = 1000, rounds = 3] = process.argv.slice(2).map(Number);
const lab = await openLab();
const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;
const COLUMNS = ["day", "run_id", "seq", "epoch", "at", "received_at", "type", "body"];

/** The rows that ingest would make of these events, as one long COPY. */
async function rawCopy(bodies) {
  const runId = await lab.addRun();
  const at = lab.now.toISOString();
  const rows = bodies.map((body, n) => [lab.day, runId, n + 1, 1, at, at, body.type, JSON.stringify(body)]);
  const from = process.hrtime.bigint();
  await lab.database.transaction((it) => copyRows(it.client, { table: "telemetry.run_event", columns: COLUMNS, rows }));
  return bodies.length / seconds(from);
}

/** The same events as an agent sends them: JSON text, a batch at a time. */
async function ingest(bodies) {
  const runId = await lab.addRun();
  const texts = [];
  for (let n = 0; n < bodies.length; n += batch)
    texts.push(JSON.stringify(eventBatch(bodies.slice(n, n + batch), n + 1, lab.now)));
  const from = process.hrtime.bigint();
  for (const text of texts) {
    const parsed = eventBatchSchema.parse(JSON.parse(text));
    const answer = await lab.database.transaction((it) =>
      storeBatch(it, runId, lab.hostId, { ...parsed, quarantined: [] }, lab.now),
    );
    if (answer.kind !== "stored") throw new Error(JSON.stringify(answer));
  }
  return bodies.length / seconds(from);
}

const step = (n) => ({
  type: "step-finished",
  path: "cut/io",
  iteration: [n],
  kind: "ioworker",
  outcome: "ok",
  reason: null,
  durationMs: 1,
});
const metrics = (n) => ({
  type: "metrics",
  path: "cut/io",
  iteration: [n],
  values: { iops: n, errors: 0, miscompares: 0 },
  labels: {},
});
const sample = (n, worker) => ({
  ...{
    worker,
    interval: n,
    intervalMs: 1000,
    atMs: lab.now.getTime(),
    reads: 1000,
    writes: 900,
    others: 3,
    readBytes: 4096000,
  },
  ...{ writeBytes: 3686400, errors: 0, latencyAverageNs: 81234.5, latencyMaxNs: 912345 },
});
const samples = (n) => ({
  type: "samples",
  path: "soak",
  iteration: [],
  samples: Array.from({ length: 10 }, (_, k) => sample(10 * n + k, 0)),
});

async function compare(name, make, count, rowsPerEvent) {
  const bodies = Array.from({ length: count }, (_, n) => make(n));
  const raw = [];
  const path = [];
  for (let round = 0; round < rounds; round++) {
    raw.push(await rawCopy(bodies));
    path.push(await ingest(bodies));
  }
  const [copyRate, eventRate] = [median(raw), median(path)];
  const line = {
    ...{
      what: name,
      events: count,
      batch,
      copyRowsPerS: Math.round(copyRate),
      ingestEventsPerS: Math.round(eventRate),
    },
    ...{ ingestRowsPerS: Math.round(eventRate * rowsPerEvent), eventsToCopyRatio: (eventRate / copyRate).toFixed(2) },
    rowsToCopyRatio: ((eventRate * rowsPerEvent) / copyRate).toFixed(2),
  };
  console.log(JSON.stringify(line));
}

try {
  await compare("warm-up", step, Math.min(events, 5000), 1);
  await compare("steps", step, events, 1);
  await compare("metrics (three a piece)", metrics, events, 4);
  await compare("samples (ten a piece)", samples, events, 2);
} finally {
  await lab.close();
}
