import type { EventBody } from "@assay/protocol";
import { CMDLOG_ENTRY_BYTES, CMDLOG_HEADER_BYTES } from "@assay/protocol";
import { storeBatch } from "../src/ingest/event-store";
import { findExpiredPartitions, makePartitionsAhead } from "../src/ingest/partitions";
import { Problem } from "../src/platform/problem";
import { RunResults } from "../src/results/run-results.service";
import { readRunEvents } from "../src/runs/run-events";
import { ENDED, FINISHED, type Flow, miscompares, numbered, planSource, STARTED } from "./flow";
import { flowBench } from "./flow-bench";

jest.setTimeout(120_000);

let flow: Flow;
flowBench(async (opened) => {
  flow = opened;
  await flow.addPlan(planSource("soak"));
});

async function startRun() {
  const host = await flow.addHost(1);
  const runId = await flow.submit("soak", host.duts[0]!.serial);
  await flow.doorbells.settle();
  await flow.claim(runId, host.id);
  return { runId, hostId: host.id, dut: host.duts[0]! };
}
const log = (text: string): EventBody => ({ type: "log", level: "info", text });
const logs = (from: number, to: number) =>
  numbered(
    Array.from({ length: to - from + 1 }, (_, n) => log(`event ${from + n}`)),
    from,
  );
const refusal = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
};
const storedTexts = async (runId: string) =>
  (await readRunEvents(flow.database, runId, 0, 1000)).map(({ seq, body }) => [seq, (body as { text: string }).text]);

describe("events are stored exactly once and without a gap", () => {
  it("skips what a repeated batch brings again", async () => {
    const { runId, hostId } = await startRun();
    expect(await flow.send(runId, hostId, logs(1, 3))).toEqual({ nextSeq: 4, late: false });
    expect(await flow.send(runId, hostId, logs(1, 3))).toEqual({ nextSeq: 4, late: false });
    expect(await flow.send(runId, hostId, logs(2, 5))).toEqual({ nextSeq: 6, late: false });
    expect(await storedTexts(runId)).toEqual([1, 2, 3, 4, 5].map((n) => [n, `event ${n}`]));
  });

  it("refuses a batch behind a hole and names the event that is missing", async () => {
    const { runId, hostId } = await startRun();
    await flow.send(runId, hostId, logs(1, 2));
    const problem = await refusal(flow.send(runId, hostId, logs(4, 5)));
    expect([problem.status, problem.code, problem.extra]).toEqual([409, "sequence-gap", { nextSeq: 3 }]);
    expect(await storedTexts(runId)).toHaveLength(2);
  });

  it("keeps one order when the same batches come from many connections at once", async () => {
    const { runId, hostId } = await startRun();
    const batches = [logs(1, 40), logs(1, 40), logs(20, 60), logs(41, 80), logs(1, 80)];
    await Promise.allSettled(batches.map((batch) => flow.send(runId, hostId, batch)));
    await flow.send(runId, hostId, logs(1, 80));
    expect((await storedTexts(runId)).map(([seq]) => seq)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
    expect((await flow.repository.view(runId)).eventCount).toBe(80);
  });

  it("stores nothing of a batch that cannot be stored whole", async () => {
    const { runId, hostId } = await startRun();
    const many = Array.from({ length: 50 }, () => miscompares(0));
    const broken = { ...miscompares(0), iteration: [Number.NaN] } as unknown as EventBody;
    const batch = { eventVersion: 1, epoch: 1, events: numbered([...many, broken]), quarantined: [] };
    const storing = flow.database.transaction((transaction) =>
      storeBatch(transaction, runId, hostId, batch, flow.clock.now()),
    );
    await expect(storing).rejects.toThrow();
    expect((await flow.repository.view(runId)).eventCount).toBe(0);
    expect(await flow.send(runId, hostId, numbered(many))).toEqual({ nextSeq: 51, late: false });
  });

  it("takes nothing of a run from a host that it is not leased to", async () => {
    const { runId } = await startRun();
    const stranger = await flow.addHost(1);
    expect((await refusal(flow.send(runId, stranger.id, logs(1, 1)))).status).toBe(403);
  });

  it("takes nothing of a run that nobody claimed, of an epoch to come, or of an unknown version", async () => {
    const host = await flow.addHost(1);
    const runId = await flow.submit("soak", host.duts[0]!.serial);
    await flow.doorbells.settle();
    expect((await refusal(flow.send(runId, host.id, logs(1, 1)))).status).toBe(409);
    await flow.claim(runId, host.id);
    expect((await refusal(flow.send(runId, host.id, logs(1, 1), 2))).message).toMatch(/has epoch 1, not 2/);
    const future = { eventVersion: 99, epoch: 1, events: logs(1, 1) };
    expect((await refusal(flow.ingest.events(runId, host.id, future))).message).toMatch(/event version 99/);
  });

  it("acknowledges the last batch again after the verdict, without calling it late", async () => {
    const { runId, hostId } = await startRun();
    const all = numbered([STARTED, miscompares(0), FINISHED, ENDED]);
    await flow.send(runId, hostId, all);
    await flow.doorbells.settle();
    expect(await flow.send(runId, hostId, all)).toEqual({ nextSeq: 5, late: false });
    expect(await flow.repository.detail(runId)).toMatchObject({ verdict: "passed", lateEvents: 0 });
  });
});

describe("what events leave behind", () => {
  it("gives samples and histograms back as they came", async () => {
    const { runId, hostId } = await startRun();
    const sample = (worker: number, interval: number) => ({
      ...{
        worker,
        interval,
        intervalMs: 1000,
        atMs: 1_763_812_800_000 + interval,
        reads: 10 + interval,
        writes: 5,
        others: 1,
      },
      ...{ readBytes: 2 ** 40, writeBytes: 7, errors: 0, latencyAverageNs: 12_345.5, latencyMaxNs: 99_999 },
    });
    const bodies: EventBody[] = [
      { type: "samples", path: "io", iteration: [2], samples: [sample(0, 0), sample(0, 1), sample(1, 0)] },
      {
        type: "histogram",
        path: "io",
        iteration: [],
        worker: 0,
        operation: "read",
        fromMs: 5,
        toMs: 9,
        buckets: [
          [7, 3],
          [900, 1],
        ],
      },
    ];
    await flow.send(runId, hostId, numbered(bodies));
    const events = await readRunEvents(flow.database, runId, 0, 10);
    expect(events.map(({ body }) => body)).toEqual(bodies);
    const page = await new RunResults(flow.database).samples(runId, undefined, null, 10);
    expect(page.items).toMatchObject([
      { worker: 0, interval: [0, 1], readBytes: [2 ** 40, 2 ** 40] },
      { worker: 1, interval: [0] },
    ]);
  });

  it("pages through metrics without losing or repeating one", async () => {
    const { runId, hostId } = await startRun();
    const bodies = Array.from(
      { length: 7 },
      (_, n): EventBody => ({
        ...{
          type: "metrics",
          path: "io",
          iteration: [n],
          values: { iops: n, ok: true, state: "x" },
          labels: n % 2 ? { worker: 1 } : {},
        },
      }),
    );
    await flow.send(runId, hostId, numbered(bodies));
    const results = new RunResults(flow.database);
    const seen: unknown[] = [];
    let key: readonly [number, string, string] | null = null;
    for (;;) {
      const page = await results.metrics(runId, {}, key, 4);
      seen.push(...page.items.map(({ seq, metric }) => `${seq} ${metric}`));
      if (page.nextCursor === null) break;
      key = JSON.parse(Buffer.from(page.nextCursor, "base64url").toString());
    }
    expect(seen).toEqual(bodies.flatMap((_, n) => ["iops", "ok", "state"].map((metric) => `${n + 1} ${metric}`)));
  });

  it("appends what a drive said of itself when it changed, and once at the open and the end of a run of many cuts", async () => {
    const { runId, hostId, dut } = await startRun();
    const identity = (moment: "open" | "power-on" | "before-effect" | "end", firmware = "1.0"): EventBody => ({
      ...{ type: "identity", moment, matches: true, namespaces: [] },
      identity: { model: "ASSAY SIM A", serial: dut.serial, nguid: null, eui64: null, firmware },
    });
    const cut = [identity("before-effect"), identity("power-on")];
    const bodies = [STARTED, identity("open"), ...Array.from({ length: 50 }, () => cut).flat()];
    await flow.send(runId, hostId, numbered([...bodies, identity("power-on", "1.1"), identity("end", "1.1")]));
    const rows = await flow.database.query(
      "SELECT source, firmware FROM identity_observation WHERE run_id = $1 ORDER BY id",
      [runId],
    );
    expect(rows).toEqual([
      { source: "open", firmware: "1.0" },
      { source: "power-on", firmware: "1.1" },
      { source: "end", firmware: "1.1" },
    ]);
  });

  it("records identity, firmware build and namespace format as dated facts", async () => {
    const { runId, hostId, dut } = await startRun();
    const identity = (firmware: string, lbaBytes: number): EventBody => ({
      ...{ type: "identity", moment: "open", matches: true },
      identity: { model: "ASSAY SIM A", serial: dut.serial, nguid: null, eui64: null, firmware },
      namespaces: [{ nsid: 1, lbaBytes, metadataBytes: 0, lbaCount: "16384" }],
    });
    await flow.send(
      runId,
      hostId,
      numbered([STARTED, identity("2.0", 512), identity("2.0", 4096), identity("2.1", 4096)]),
    );
    expect(await flow.repository.detail(runId)).toMatchObject({
      firmwareAtStart: "2.0",
      firmwareAtEnd: "2.1",
      firmwareIntended: "1.0",
    });
    const formats = await flow.database.query(
      `SELECT lba_bytes AS "lbaBytes", lba_count::text AS count, to_at IS NULL AS open FROM namespace_format WHERE dut_id = $1 ORDER BY id`,
      [dut.id],
    );
    expect(formats).toEqual([
      { lbaBytes: 512, count: "131072", open: false },
      { lbaBytes: 512, count: "16384", open: false },
      { lbaBytes: 4096, count: "16384", open: true },
    ]);
    const [now] = await flow.database.query(
      "SELECT firmware, lba_formats_bytes AS formats FROM dut_now WHERE id = $1",
      [dut.id],
    );
    expect(now).toEqual({ firmware: "2.1", formats: [512, 4096] });
  });

  it("takes texts and numbers at the ends of what the wire allows", async () => {
    const { runId, hostId } = await startRun();
    const odd: EventBody[] = [
      log('tab\t, line\n, back\\slash, nul\0, \\N, quote", half \ud800'),
      {
        type: "snapshot",
        path: "pre",
        iteration: [],
        of: "smart",
        fields: { "a\0b": "\0\ud800", n: 1e308 },
        raw: null,
      },
      {
        type: "exposure",
        poweredMs: 1.5,
        readBytes: "9".repeat(39),
        writtenBytes: "0",
        powerCycles: 0,
        resets: 2 ** 40,
      },
      {
        ...{
          type: "miscompare",
          path: "io",
          iteration: [],
          nsid: 0xffffffff,
          lba: "18446744073709551615",
          kind: "torn-write",
        },
        ...{
          byteOffset: null,
          expectedToken: null,
          gotToken: null,
          expectedLba: null,
          gotLba: null,
          expected: "",
          got: "",
        },
      },
    ];
    expect(await flow.send(runId, hostId, numbered(odd))).toEqual({ nextSeq: 5, late: false });
    const [first] = await readRunEvents(flow.database, runId, 0, 1);
    expect((first!.body as { text: string }).text).toContain("tab\t, line\n, back\\slash");
    expect(await flow.repository.detail(runId)).toMatchObject({ miscompares: [{ lba: "18446744073709551615" }] });
  });
});

describe("flight recorders", () => {
  const recorder = (qid: number, commands: { opcode: number; sct: number; sc: number }[]) => {
    const file = Buffer.alloc(CMDLOG_HEADER_BYTES + 4 * CMDLOG_ENTRY_BYTES);
    file.write("ASSAYCLG", 0, "latin1");
    file.writeUInt32LE(1, 8);
    file.writeUInt32LE(CMDLOG_ENTRY_BYTES, 12);
    file.writeUInt32LE(4, 16);
    file.writeUInt16LE(qid, 20);
    commands.forEach(({ opcode, sct, sc }, n) => {
      const at = CMDLOG_HEADER_BYTES + n * CMDLOG_ENTRY_BYTES;
      file.writeBigUInt64LE(BigInt(n + 1), at);
      file.writeBigUInt64LE(BigInt(1000 + n), at + 8);
      file.writeBigUInt64LE(BigInt(2000 + n), at + 16);
      file.writeUInt32LE(1, at + 24);
      file.writeUInt32LE(opcode, at + 32);
      file.writeUInt16LE((sct << 9) | (sc << 1), at + 96 + 14);
    });
    return file;
  };

  it("are kept, indexed by status, and the newest of an epoch wins", async () => {
    const { runId, hostId } = await startRun();
    await flow.ingest.cmdlog(runId, hostId, 1, 1, recorder(1, [{ opcode: 2, sct: 0, sc: 0 }]));
    const newer = [
      { opcode: 2, sct: 2, sc: 0x81 },
      { opcode: 2, sct: 2, sc: 0x81 },
      { opcode: 1, sct: 0, sc: 0 },
    ];
    await flow.ingest.cmdlog(runId, hostId, 1, 1, recorder(1, newer));
    const index = await flow.database.query(
      "SELECT opcode, sct, sc, count FROM telemetry.cmdlog_status WHERE run_id = $1 ORDER BY opcode",
      [runId],
    );
    expect(index).toEqual([
      { opcode: 1, sct: 0, sc: 0, count: 1 },
      { opcode: 2, sct: 2, sc: 0x81, count: 2 },
    ]);
    const who = await new RunResults(flow.database).dutsByStatus({ sct: 2, sc: 0x81 }, 10);
    expect(who).toMatchObject([{ opcode: 2, count: 2, runs: 1 }]);
    const { queues } = await new RunResults(flow.database).cmdlog(runId, 2);
    expect(queues).toMatchObject([
      {
        qid: 1,
        entries: [
          { sequence: "2", sc: 0x81, latencyUs: 1 },
          { sequence: "3", opcode: 1 },
        ],
      },
    ]);
  });

  it("are refused when they are none, of another queue, or of another host's run", async () => {
    const { runId, hostId } = await startRun();
    const stranger = await flow.addHost(1);
    expect((await refusal(flow.ingest.cmdlog(runId, hostId, 1, 1, Buffer.from("nonsense")))).status).toBe(422);
    expect((await refusal(flow.ingest.cmdlog(runId, hostId, 1, 2, recorder(1, [])))).status).toBe(409);
    expect((await refusal(flow.ingest.cmdlog(runId, stranger.id, 1, 1, recorder(1, [])))).status).toBe(403);
  });
});

describe("partitions", () => {
  it("are made on demand for a run that was claimed on a day without one", async () => {
    const { runId, hostId } = await startRun();
    await flow.database.query("UPDATE run SET claimed_at = '2025-02-03T04:05:06Z' WHERE id = $1", [runId]);
    await flow.send(runId, hostId, logs(1, 2));
    expect(await storedTexts(runId)).toHaveLength(2);
    const [made] = await flow.database.query("SELECT to_regclass('telemetry.run_event_20250203') IS NOT NULL AS made");
    expect(made).toEqual({ made: true });
  });

  it("go when retention ends, but not while a pinned or unfinished run lies in them", async () => {
    const { runId } = await startRun();
    await flow.database.transaction((transaction) =>
      makePartitionsAhead(transaction, new Date("2025-03-01T00:00:00Z")),
    );
    const later = new Date("2025-09-01T00:00:00Z");
    const expiredNames = async () => (await findExpiredPartitions(flow.database, later)).map(({ name }) => name);
    expect(await expiredNames()).toContain("sample_20250302");
    await flow.database.query("UPDATE run SET claimed_at = '2025-03-02T10:00:00Z', pinned = true WHERE id = $1", [
      runId,
    ]);
    const expired = await expiredNames();
    expect(expired).not.toContain("sample_20250302");
    expect(expired).toContain("sample_20250303");
  });

  it("are made once when several orchestrators start together", async () => {
    const at = new Date("2031-01-30T00:00:00Z");
    const made = await Promise.all(
      [1, 2, 3].map(() => flow.database.transaction((transaction) => makePartitionsAhead(transaction, at))),
    );
    expect(made.some((names) => names.includes("metric_203102"))).toBe(true);
  });
});
