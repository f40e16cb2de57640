import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nextBatch } from "./event-batch";
import { encodeEvent, readLines, seqOf } from "./journal-file";
import { Run } from "./run";
import { planHoles, type ShedCandidate } from "./shedding";
import { defaultSpoolLimit, spoolRefusal } from "./spool";
import { SpoolKeeper } from "./spool-keeper";

const MIB = 1024 ** 2;
const roomy = { limitBytes: 100 * MIB, usedBytes: 10 * MIB, promisedBytes: 20 * MIB, freeBytes: 1000 * MIB };

test.each([
  ["fits beside what is used and promised", roomy, 70 * MIB, null],
  ["does not fit into the limit", roomy, 71 * MIB, /needs 71.0 MiB of spool and 70.0 MiB of 100.0 MiB are left/],
  ["does not fit on the disk", { ...roomy, freeBytes: 60 * MIB }, 20 * MIB, /the disk has 60.0 MiB free/],
])("an order that %s", (_, view, bytes, sentence) => {
  const refusal = spoolRefusal(view, bytes);
  if (sentence === null) expect(refusal).toBeNull();
  else expect(refusal).toMatch(sentence);
});

test("the default limit is half of the disk's room, within bounds", () => {
  expect(defaultSpoolLimit(10 * 1024 * MIB, 0)).toBe(5 * 1024 * MIB);
  expect(defaultSpoolLimit(MIB, 0)).toBe(64 * MIB);
  expect(defaultSpoolLimit(2 ** 50, 0)).toBe(256 * 1024 * MIB);
});

describe("what may go", () => {
  const line = (seq: number | null, type: string, kib: number, from: number): ShedCandidate => ({
    seq,
    type,
    from,
    to: from + kib * 1024,
  });
  const journal = [
    line(1, "started", 8, 0),
    line(2, "samples", 8, 8192),
    line(3, "samples", 8, 16384),
    line(4, "metrics", 8, 24576),
    line(5, "log", 8, 32768),
    line(6, "samples", 8, 40960),
  ];

  test.each([
    ["acknowledged", 4, [{ from: 0, to: 32768, events: 4 }]],
    ["samples", 0, [{ from: 8192, to: 24576, events: 2 }]],
    ["logs", 0, [{ from: 32768, to: 40960, events: 1 }]],
  ] as const)("at the stage %s, never a result and never the last line", (stage, acked, holes) => {
    expect(planHoles(journal, stage, acked)).toEqual(holes);
  });

  test("a hole that gives nothing back is not made", () => {
    expect(planHoles([line(1, "samples", 4, 0), line(2, "log", 1, 4096)], "samples", 0)).toEqual([]);
  });
});

describe("the keeper", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "assay-spool-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const keeper = (limit: number, nowMs = Date.now()) => new SpoolKeeper(folder, limit, 1000, logger, () => nowMs);
  let made = 0;
  function makeRun(lines: string[], shipped = false): Run {
    const runId = `00000000-0000-4000-8000-${String(++made).padStart(12, "0")}`;
    const directory = join(folder, `${runId}-1`);
    mkdirSync(directory);
    writeFileSync(join(directory, "journal.jsonl"), lines.join(""));
    if (shipped) writeFileSync(join(directory, "shipped"), "");
    return new Run({ runId, epoch: 1 }, directory);
  }
  const sample = {
    worker: 0,
    interval: 0,
    intervalMs: 1000,
    atMs: 1,
    reads: 1,
    writes: 0,
    others: 0,
    readBytes: 1,
    writeBytes: 0,
    errors: 0,
    latencyAverageNs: 1,
    latencyMaxNs: 1,
  };
  const samples = (seq: number) =>
    encodeEvent({
      seq,
      atMs: 1,
      body: { type: "samples", path: "io", iteration: [], samples: Array(100).fill(sample) },
    });
  const metrics = (seq: number) =>
    encodeEvent({
      seq,
      atMs: 1,
      body: { type: "metrics", path: "io", iteration: [], values: { iops: seq }, labels: {} },
    });

  const canPunch = (() => {
    const file = join(tmpdir(), `assay-punch-${process.pid}`);
    writeFileSync(file, Buffer.alloc(16384, 1));
    try {
      execFileSync("fallocate", ["--punch-hole", "--offset", "0", "--length", "8192", file], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(file);
    }
  })();
  const onHoles = canPunch ? test : test.skip;

  onHoles(
    "sheds samples of a journal that nobody fetches, keeps every result, and the numbers say what is missing",
    async () => {
      const run = makeRun(Array.from({ length: 400 }, (_, n) => (n % 40 === 0 ? metrics(n + 1) : samples(n + 1))));
      const before = statSync(run.files.journal).blocks;
      const gone = await keeper(2 * MIB).tidy([run], () => 0);
      expect(gone).toEqual([]);
      expect(statSync(run.files.journal).blocks).toBeLessThan(before / 2);
      const kept = [...readLines(run.files.journal, 0)].map((line) => seqOf(line.text));
      for (let seq = 1; seq <= 400; seq += 40) expect(kept).toContain(seq);
      expect(kept).toContain(400);
      const batch = nextBatch(readLines(run.files.journal, 0), 1, 0);
      expect(batch.events.map((event) => event.seq)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
      expect(batch.events[1]?.body.type).toBe("gap");
      expect(batch.events[40]?.body).toMatchObject({ type: "metrics", values: { iops: 41 } });
    },
  );

  onHoles("gives acknowledged events back before it sheds one that is not", async () => {
    const run = makeRun(Array.from({ length: 200 }, (_, n) => samples(n + 1)));
    await keeper(3 * MIB).tidy([run], () => 150);
    const kept = [...readLines(run.files.journal, 0)].map((line) => seqOf(line.text));
    expect(kept).toEqual(Array.from({ length: 50 }, (_, n) => 151 + n));
  });

  test("what was acknowledged is removed after its time, or at once when space is short", async () => {
    const old = makeRun([samples(1)], true);
    const open = makeRun([samples(1)]);
    expect(await keeper(100 * MIB).tidy([old, open], () => 1)).toEqual([]);
    expect(await keeper(100 * MIB, Date.now() + 2000).tidy([old, open], () => 1)).toEqual([old]);
    const short = makeRun(
      Array.from({ length: 100 }, (_, n) => samples(n + 1)),
      true,
    );
    expect(await keeper(MIB).tidy([short, open], () => 1)).toEqual([short]);
  });
});
