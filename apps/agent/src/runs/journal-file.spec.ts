import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventBody } from "@assay/protocol";
import { closeJournal, encodeEvent, newestSeq, readLines, scanJournal, seqOf } from "./journal-file";

let folder: string;
let journal: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-journal-"));
  journal = join(folder, "journal.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const log = (seq: number, text = "x") => encodeEvent({ seq, atMs: 1, body: { type: "log", level: "info", text } });
const ended: EventBody = { type: "ended", exitCode: null, signal: "SIGKILL", cause: "crashed", detail: null };
const finished: EventBody = { type: "finished", outcome: "completed", reason: null, attribution: null };

test("a torn last line is cut off and `ended` takes the next number", () => {
  writeFileSync(journal, log(1) + log(2) + log(3).slice(0, 20));
  expect(scanJournal(journal)).toMatchObject({ lastSeq: 2, tornBytes: 20, finished: false, ended: false });
  expect(closeJournal(journal, [ended], 5)).toBe(3);
  expect([...readLines(journal, 0)].map((line) => seqOf(line.text))).toEqual([1, 2, 3]);
  expect(scanJournal(journal)).toMatchObject({ lastSeq: 3, tornBytes: 0, ended: true });
});

test("a line torn inside a character is cut off like any other", () => {
  const bytes = Buffer.from(log(2, "ä"));
  writeFileSync(journal, log(1));
  appendFileSync(journal, bytes.subarray(0, bytes.indexOf(0xc3) + 1));
  closeJournal(journal, [ended], 5);
  expect(readFileSync(journal, "utf8").split("\n")).toHaveLength(3);
  expect(scanJournal(journal)).toMatchObject({ lastSeq: 2, ended: true });
});

test("a journal that was never begun gets number 1", () => {
  expect(scanJournal(journal)).toEqual({ lastSeq: 0, wholeBytes: 0, tornBytes: 0, finished: false, ended: false });
  expect(closeJournal(journal, [ended], 5)).toBe(1);
});

test("words in a text are no events", () => {
  writeFileSync(journal, log(1, '"body":{"type":"finished"') + log(2, '"ended"'));
  expect(scanJournal(journal)).toMatchObject({ finished: false, ended: false });
  appendFileSync(journal, encodeEvent({ seq: 3, atMs: 1, body: finished }));
  expect(scanJournal(journal)).toMatchObject({ lastSeq: 3, finished: true, ended: false });
});

test("lines longer than a read, shed space and offsets are read as they stand", () => {
  const long = "y".repeat(600_000);
  writeFileSync(journal, log(1) + log(2, long) + log(3));
  const lines = [...readLines(journal, 0)];
  expect(lines.map((line) => seqOf(line.text))).toEqual([1, 2, 3]);
  const second = lines[1];
  if (second === undefined) throw new Error("no second line");
  expect([...readLines(journal, second.to)].map((line) => seqOf(line.text))).toEqual([3]);
  const holed = readFileSync(journal);
  holed.fill(0, second.from, second.to);
  writeFileSync(journal, holed);
  expect([...readLines(journal, 0)].map((line) => seqOf(line.text))).toEqual([1, 3]);
});

test("the newest number is found from the end, also behind a long line and a torn one", () => {
  expect(newestSeq(journal)).toBe(0);
  writeFileSync(journal, log(1) + log(2, "z".repeat(300_000)));
  expect(newestSeq(journal)).toBe(2);
  appendFileSync(journal, log(3).slice(0, -1));
  expect(newestSeq(journal)).toBe(2);
});

test("a number is found wherever it stands, and a damaged line has none", () => {
  expect(seqOf('{"atMs":1,"seq":7,"body":{}}')).toBe(7);
  expect(seqOf('{"seq":7,"atM')).toBe(7);
  expect(seqOf("garbage")).toBeNull();
  expect(seqOf('{"seq":-1}')).toBeNull();
});
