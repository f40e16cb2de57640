import type { EventBody, RunEvent } from "@assay/protocol";
import { projectEvents, type RunFacts } from "./projections";

const facts: RunFacts = {
  runId: "run",
  epoch: 2,
  day: "2026-11-22",
  dutId: "dut",
  model: "ASSAY SIM A",
  planName: "smoke",
  firmwareAtStart: null,
};
const AT = Date.UTC(2026, 10, 22, 12);
const events = (...bodies: EventBody[]): RunEvent[] => bodies.map((body, n) => ({ seq: n + 1, atMs: AT, body }));
const project = (...bodies: EventBody[]) => projectEvents(facts, events(...bodies), new Date(AT + 5));
const rowsOf = (table: string, ...bodies: EventBody[]) =>
  project(...bodies).rows.find((set) => set.table === table)?.rows ?? [];
const place = { path: "cut/io", iteration: [3] };
const identity = (firmware: string, matches = true): EventBody => ({
  type: "identity",
  moment: "open",
  identity: { model: "ASSAY SIM A", serial: "SIM0001", nguid: null, eui64: null, firmware },
  matches,
  namespaces: [],
});

describe("what events become", () => {
  it("keeps every event as it came, apart from those that have tables of their own", () => {
    const log: EventBody = { type: "log", level: "info", text: "hello" };
    const histogram: EventBody = {
      type: "histogram",
      ...place,
      worker: 0,
      operation: "read",
      fromMs: 0,
      toMs: 1,
      buckets: [[5, 7]],
    };
    const rows = rowsOf("telemetry.run_event", log, histogram);
    expect(rows.map((row) => row.slice(2))).toEqual([
      [1, 2, "2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.005Z", "log", JSON.stringify(log)],
      [2, 2, "2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.005Z", "histogram", null],
    ]);
  });
  it("makes one row per metric and keeps numbers, flags and texts apart", () => {
    const values = { iops: 5, steady: true, state: "warm" };
    const rows = rowsOf("telemetry.metric", { type: "metrics", ...place, values, labels: {} });
    expect(rows.map((row) => row.slice(9, 13))).toEqual([
      ["iops", 5, null, null],
      ["steady", null, true, null],
      ["state", null, null, "warm"],
    ]);
  });
  it("marks metrics with the firmware that the drive had at the start, in the same batch too", () => {
    const metric: EventBody = { type: "metrics", ...place, values: { iops: 5 }, labels: {} };
    expect(rowsOf("telemetry.metric", identity("1.0"), metric)[0]?.[6]).toBe("1.0");
  });
  it("records the firmware at start and at end, and ignores an identity that is not the DUT's", () => {
    const projection = project(identity("1.0"), identity("9.9", false), identity("2.0"));
    expect(projection.run).toMatchObject({ firmware_at_start: "1.0", firmware_at_end: "2.0" });
    expect(projection.identities).toHaveLength(2);
  });
  it("makes one row of arrays per ioworker", () => {
    const sample = (worker: number, interval: number) => ({
      ...{ worker, interval, intervalMs: 1000, atMs: AT + interval, reads: interval, writes: 0, others: 0 },
      ...{ readBytes: 0, writeBytes: 0, errors: 0, latencyAverageNs: 1.5, latencyMaxNs: 2 },
    });
    const rows = rowsOf("telemetry.sample", {
      type: "samples",
      ...place,
      samples: [sample(0, 0), sample(1, 0), sample(0, 1)],
    });
    expect(rows.map((row) => row.slice(2, 7))).toEqual([
      [1, 0, "cut/io", [3], [0, 1]],
      [1, 1, "cut/io", [3], [0]],
    ]);
  });
  it("says that the runner has concluded and that it is dead", () => {
    const finished: EventBody = { type: "finished", outcome: "completed", reason: null, attribution: null };
    const ended: EventBody = { type: "ended", exitCode: 0, signal: null, cause: "finished", detail: null };
    expect(project(finished)).toMatchObject({ finished: true, ended: false });
    expect(project(finished, ended)).toMatchObject({ finished: true, ended: true });
    expect(project(ended).run).toEqual({ ended_at: "2026-11-22T12:00:00.000Z" });
  });
  it("survives numbers and texts that the database has no room for", () => {
    const odd: EventBody = { type: "snapshot", ...place, of: "smart", fields: { a: "x\0\ud800" }, raw: null };
    expect(rowsOf("public.snapshot", odd)[0]?.[7]).toBe('{"a":"x\ufffd\ufffd"}');
    const late = projectEvents(facts, [{ seq: 1, atMs: Number.MAX_SAFE_INTEGER, body: odd }], new Date(AT));
    expect(late.rows[0]?.rows[0]?.[4]).toMatch(/^9999/);
  });
});
