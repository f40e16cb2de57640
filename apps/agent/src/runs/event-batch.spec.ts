import { MAX_EVENT_BYTES } from "@assay/protocol";
import { BATCH_BYTES, BATCH_EVENTS, nextBatch } from "./event-batch";
import type { JournalLine } from "./journal-file";

function lines(texts: string[]): JournalLine[] {
  let at = 0;
  return texts.map((text) => {
    const from = at;
    at += Buffer.byteLength(text) + 1;
    return { text, from, to: at };
  });
}
const log = (seq: number, text = "x") => JSON.stringify({ seq, atMs: seq, body: { type: "log", level: "info", text } });
const seqs = (batch: { events: { seq: number }[] }) => batch.events.map((event) => event.seq);

test("events are taken from the wanted number on", () => {
  const all = lines([log(1), log(2), log(3), log(4)]);
  const batch = nextBatch(all, 3, 0);
  expect(seqs(batch)).toEqual([3, 4]);
  expect(batch.nextOffset).toBe(all.at(-1)?.to);
});

test("missing numbers are told, one gap each, in their places", () => {
  const batch = nextBatch(lines([log(1), log(5)]), 1, 0);
  expect(seqs(batch)).toEqual([1, 2, 3, 4, 5]);
  expect(batch.events[2]?.body).toMatchObject({ type: "gap", fromSeq: 3, toSeq: 3 });
});

test("a batch has its maximum of events, also of gaps, and the next one goes on without a hole", () => {
  const all = lines([log(1), log(BATCH_EVENTS + 10)]);
  const first = nextBatch(all, 1, 0);
  expect(first.events).toHaveLength(BATCH_EVENTS);
  const rest = all.filter((line) => line.from >= first.nextOffset);
  expect(seqs(nextBatch(rest, BATCH_EVENTS + 1, first.nextOffset))).toEqual(
    Array.from({ length: 10 }, (_, n) => BATCH_EVENTS + 1 + n),
  );
});

test("a batch has its maximum of bytes, but at least one event", () => {
  const text = "x".repeat(8000);
  const all = lines(Array.from({ length: 400 }, (_, n) => log(n + 1, text)));
  const bytes = JSON.stringify(nextBatch(all, 1, 0).events).length;
  expect(bytes).toBeLessThan(BATCH_BYTES * 1.1);
  expect(bytes).toBeGreaterThan(BATCH_BYTES * 0.9);
});

test.each([
  ["damaged", '{"seq":1,"atMs":5,"body":{"typ'],
  ["of an unknown type", JSON.stringify({ seq: 1, atMs: 5, body: { type: "novel" } })],
  [
    "too large",
    JSON.stringify({ seq: 1, atMs: 5, body: { type: "log", level: "info", text: "x".repeat(MAX_EVENT_BYTES) } }),
  ],
])("an event that is %s becomes a gap with its number, and what follows is not lost", (_, text) => {
  const batch = nextBatch(lines([text, log(2)]), 1, 0);
  expect(batch.events[0]).toMatchObject({ seq: 1, atMs: 5, body: { type: "gap", shed: "event" } });
  expect(batch.events[1]?.body.type).toBe("log");
});

test("a line without a number is passed over until the next number tells what is missing", () => {
  expect(seqs(nextBatch(lines([log(1), "garbage", log(2)]), 1, 0))).toEqual([1, 2]);
  expect(seqs(nextBatch(lines([log(1), "garbage", log(3)]), 1, 0))).toEqual([1, 2, 3]);
});
