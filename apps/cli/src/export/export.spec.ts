import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import type { ReportRecord } from "../api/report-lines";
import { REPORT_FORMATS, type ReportFormatName } from "./formats";
import { longParquet } from "./parquet";
import { writeWhole } from "./write-whole";

const AT_MS = Date.parse("2026-11-22T12:00:01.000Z");

function run(id: string, change: Record<string, unknown> = {}): ReportRecord {
  return {
    ...{ record: "run", run: id, id, plan: "soak", state: "finished", verdict: "passed", reason: "all hold" },
    ...{ dut: { id: "d", serial: "S<1>", model: 'SIM "A", 1' }, host: "lab-1", slot: "bay-0", seed: "7", attempt: 1 },
    ...{ submittedAt: "2026-11-22T12:00:00.000Z", startedAt: "2026-11-22T12:00:00.500Z", waitingReason: null },
    ...{ finishedAt: "2026-11-22T12:00:02.500Z", firmwareAtStart: "1.0", firmwareAtEnd: "1.0", attribution: null },
    ...{ planHash: "p", stimulusHash: "s", agentVersion: "1", driverVersion: "1", hostImplementation: "model" },
    ...{ kernel: "6.1", resolvedParameters: { time: "1s" } },
    ...change,
  };
}

function criterion(outcome: string, value: number, iteration: number | null = null): ReportRecord {
  const limit = { comparison: { operator: "le", value: 4 }, requirement: null };
  const reason = `io.latencyP99 is ${value} ms, must be at most 4 ms`;
  return {
    record: "criterion",
    evaluation: 1,
    criterion: "p99",
    iteration,
    outcome,
    metric: "io.latencyP99",
    value,
    ...limit,
    reason,
  };
}

const event = (body: object, atMs = AT_MS): ReportRecord => ({ record: "event", seq: 1, atMs, body });
const place = { path: "again/io", iteration: [2] };
const JOURNAL = [
  event({ type: "step-started", ...place, kind: "ioworker" }),
  event({ type: "metrics", ...place, values: { iops: 1000.5, errors: 0 }, labels: { worker: 0 } }),
  event({
    ...{ type: "samples", ...place },
    samples: [
      {
        ...{ worker: 0, interval: 0, intervalMs: 1000, atMs: AT_MS, reads: 9, writes: 0, others: 0, errors: 0 },
        ...{ readBytes: 36864, writeBytes: 0, latencyAverageNs: 10, latencyMaxNs: 20 },
      },
    ],
  }),
  event({ type: "step-finished", ...place, kind: "ioworker", outcome: "ok", reason: null, durationMs: 5 }),
];
const BLAMED = { cause: "dut", rule: "criterion", person: null, confidence: 0.6, at: "2026-11-22T12:00:03.000Z" };
const REPORT: ReportRecord[] = [
  { record: "report", version: 1 },
  run("r1"),
  { record: "plan", version: "1.0.0" },
  criterion("passed", 3),
  ...JOURNAL,
  run("r2", { verdict: "failed", reason: "p99: it is 5 & more", attribution: BLAMED }),
  { record: "plan", version: "1.0.0" },
  criterion("passed", 3, 0),
  criterion("failed", 5, 1),
  { ...criterion("passed", 5, 1), evaluation: 2 },
  run("r3", { verdict: "aborted", reason: "cancelled by ann" }),
  run("r4", {
    state: "queued",
    verdict: null,
    reason: null,
    waitingReason: "DUT S<1> is on hold",
    startedAt: null,
    finishedAt: null,
  }),
  { record: "end", counts: {} },
];

async function* stream(records: ReportRecord[]): AsyncGenerator<ReportRecord> {
  yield* records;
}

async function bytesOf(parts: AsyncIterable<string | Uint8Array>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(Buffer.from(part));
  return Buffer.concat(all);
}

async function written(format: ReportFormatName, records = REPORT): Promise<string> {
  return String(await bytesOf(REPORT_FORMATS[format].write(stream(records))));
}

/** A file of Parquet as a foreign reader sees it. */
async function readParquet(parts: AsyncIterable<Uint8Array>) {
  const file = new Uint8Array(await bytesOf(parts)).buffer;
  return { rows: await parquetReadObjects({ file }), metadata: parquetMetadata(file) };
}

describe("a report as", () => {
  it("JSON lines is what the server told, record by record", async () => {
    const lines = (await written("jsonl")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(REPORT);
  });

  it("CSV has a line per value in long form, with the units of the registry", async () => {
    const lines = (await written("csv")).split("\n");
    expect(lines[0]).toBe("run,dut_serial,model,firmware,host,slot,plan,step,metric,unit,value,time,iteration,labels");
    const before = 'r1,S<1>,"SIM ""A"", 1",1.0,lab-1,bay-0,soak,again/io';
    const time = "2026-11-22T12:00:01.000Z";
    expect(lines[1]).toBe(`${before},iops,1/s,1000.5,${time},2,worker=0`);
    expect(lines[2]).toBe(`${before},errors,count,0,${time},2,worker=0`);
    expect(lines[3]).toBe(`${before},sample.reads,count,9,${time},2,worker=0 interval=0 intervalMs=1000`);
    expect(lines).toHaveLength(1 + 2 + 8 + 1);
  });

  it("Parquet has the rows of the CSV, with numbers as numbers, times as times and texts beside them", async () => {
    const told = event({ type: "metrics", ...place, values: { model: "SIM", ok: true, big: 2 ** 60 }, labels: {} });
    const { rows } = await readParquet(longParquet(stream([...REPORT.slice(0, 5), told, ...REPORT.slice(5)])));
    const [header, ...lines] = (await written("csv")).trim().split("\n");
    expect(rows).toHaveLength(lines.length + 3);
    expect(Object.keys(rows[0]!)).toEqual([...header!.split(","), "text"]);
    expect(rows[0]).toMatchObject({ metric: "model", unit: null, value: null, text: "SIM" });
    expect(rows[1]).toMatchObject({ metric: "ok", value: 1, text: null });
    expect(rows[2]).toMatchObject({ metric: "big", value: 2 ** 60 });
    expect(rows[3]).toEqual({
      ...{ run: "r1", dut_serial: "S<1>", model: 'SIM "A", 1', firmware: "1.0", host: "lab-1", slot: "bay-0" },
      ...{ plan: "soak", step: "again/io", metric: "iops", unit: "1/s", value: 1000.5, time: new Date(AT_MS) },
      ...{ iteration: "2", labels: "worker=0", text: null },
    });
  });

  it("Parquet is a whole file without a row, and has several groups of rows where there are many", async () => {
    const none = await readParquet(
      longParquet(stream([{ record: "report", version: 1 }, run("r1"), { record: "end" }])),
    );
    expect(none.rows).toEqual([]);
    const values = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`m${n}`, n]));
    const told = Array.from({ length: 11 }, (_, n) => event({ type: "metrics", ...place, values, labels: { n } }));
    const { rows, metadata } = await readParquet(longParquet(stream([run("r1"), ...told]), 50));
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([50, 50, 10]);
    expect(rows.map(({ value }) => value)).toEqual(Array.from({ length: 110 }, (_, n) => n % 10));
  });

  it("JUnit has a suite per run: failed is a failure, aborted and unfinished are skipped, all texts escaped", async () => {
    const xml = await written("junit");
    expect(xml.match(/<testsuite .*>/g)).toEqual([
      expect.stringContaining('tests="2" failures="0" errors="0" skipped="0"'),
      expect.stringContaining('name="soak on S&lt;1&gt;" tests="3" failures="2" errors="0" skipped="0"'),
      expect.stringContaining('skipped="1"'),
      expect.stringContaining('skipped="1"'),
    ]);
    expect(xml).toContain('<testcase classname="soak.S&lt;1&gt;" name="p99 #2">');
    expect(xml).toContain(
      '<failure message="p99: it is 5 &amp; more" type="failed">attributed to dut (rule criterion, confidence 60 %)</failure>',
    );
    expect(xml).toContain('<skipped message="unfinished: DUT S&lt;1&gt; is on hold"/>');
    expect(xml).toContain('<property name="model" value="SIM &quot;A&quot;, 1"/>');
  });

  it("JUnit says errored as an error, and carries no character that XML forbids", async () => {
    const xml = await written("junit", [run("r", { verdict: "errored", reason: "a \u0001b" }), { record: "end" }]);
    expect(xml).toContain('<error message="a ?b" type="errored"></error>');
  });

  it("TAP has a point per run with its criteria as a subtest, and its plan at the end", async () => {
    const lines = (await written("tap")).trim().split("\n");
    expect(lines[0]).toBe("TAP version 14");
    expect(lines).toContain("ok 1 - soak on S<1>");
    expect(lines).toContain("    not ok 2 - p99 \\#2");
    expect(lines).toContain('  attribution: "dut (rule criterion, confidence 60 %)"');
    expect(lines).toContain("not ok 3 - soak on S<1>");
    expect(lines).toContain("not ok 4 - soak on S<1> # TODO not finished: DUT S<1> is on hold");
    expect(lines.at(-1)).toBe("1..4");
  });

  it("OCP has numbered artifacts: run start, steps with measurements, diagnoses with their limits, run end", async () => {
    const [first, second] = [REPORT.slice(1, 8), REPORT.slice(8, 13)];
    const passed = (await written("ocp", first))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(passed.map(({ sequenceNumber }) => sequenceNumber)).toEqual(passed.map((_, at) => at));
    expect(passed[0].schemaVersion).toEqual({ major: 2, minor: 0 });
    expect(passed[1].testRunArtifact.testRunStart).toMatchObject({
      name: "soak",
      version: "1.0.0",
      dutInfo: { name: "S<1>" },
    });
    expect(passed[2].testStepArtifact).toEqual({ testStepId: "0", testStepStart: { name: "again/io 2" } });
    expect(passed[3].testStepArtifact.measurement).toMatchObject({ name: "iops", unit: "1/s", value: 1000.5 });
    const judged = passed.find(({ testStepArtifact: step }) => step?.testStepId === "criteria" && step.measurement);
    expect(judged.testStepArtifact.measurement.validators).toEqual([
      { name: "p99", type: "LESS_THAN_OR_EQUAL", value: 4 },
    ]);
    expect(passed.at(-1).testRunArtifact.testRunEnd).toEqual({ status: "COMPLETE", result: "PASS" });
    const failed = (await written("ocp", second))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const diagnoses = failed.flatMap(({ testStepArtifact: step }) => (step?.diagnosis ? [step.diagnosis.type] : []));
    expect(diagnoses).toEqual(["PASS", "FAIL"]);
    expect(failed.at(-1).testRunArtifact.testRunEnd.result).toBe("FAIL");
  });
});

describe("a file that is written whole", () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-export-"));
  const file = join(folder, "report.jsonl");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("stays as it was when what is written breaks off, and nothing is left beside it", async () => {
    writeFileSync(file, "before");
    const broken = (async function* () {
      yield "x".repeat(1 << 19);
      throw new Error("the connection is gone");
    })();
    await expect(writeWhole(file, broken)).rejects.toThrow(/connection is gone/);
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["report.jsonl"]);
  });

  it("has all of it when it has its name", async () => {
    const parts = (async function* () {
      for (let n = 0; n < 10; n++) yield String(n).repeat(100_000);
    })();
    await writeWhole(file, parts);
    expect(readFileSync(file, "utf8")).toHaveLength(1_000_000);
    expect(readdirSync(folder)).toEqual(["report.jsonl"]);
  });

  it("may have parts that are no text", async () => {
    const parts = (async function* () {
      yield "text ";
      yield Uint8Array.of(0, 255, 10);
      yield "end";
    })();
    await writeWhole(file, parts);
    expect(readFileSync(file)).toEqual(Buffer.from([...Buffer.from("text "), 0, 255, 10, ...Buffer.from("end")]));
  });

  it("is refused in words where it cannot be", async () => {
    const nothing = (async function* () {})();
    await expect(writeWhole(join(folder, "none", "x"), nothing)).rejects.toThrow(/cannot be written: ENOENT/);
  });
});
