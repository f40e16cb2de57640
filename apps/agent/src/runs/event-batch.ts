/** The next events to ship, from a journal's lines. Numbers stay contiguous: what cannot be sent is a `gap` in its place. */
import { eventSchema, MAX_EVENT_BYTES, type RunEvent } from "@assay/protocol";
import { type JournalLine, seqOf } from "./journal-file";

/** Events and bytes of one request. */
export const BATCH_EVENTS = 500;
export const BATCH_BYTES = 1024 * 1024;

export interface BatchLimits {
  events: number;
  bytes: number;
}
const WHOLE: BatchLimits = { events: BATCH_EVENTS, bytes: BATCH_BYTES };

export interface Batch {
  events: RunEvent[];
  /** Where reading goes on once the batch is acknowledged. */
  nextOffset: number;
}

/** `wanted` is the number that ingest wants next; `offset` is where the lines begin. Pure but for the given lines. */
export function nextBatch(lines: Iterable<JournalLine>, wanted: number, offset: number, limits = WHOLE): Batch {
  const batch: Batch = { events: [], nextOffset: offset };
  let expected = wanted;
  let bytes = 0;
  for (const line of lines) {
    const seq = seqOf(line.text);
    if (seq === null || seq < expected) {
      // A damaged line without a number: the number of the next line tells what is missing.
      batch.nextOffset = line.to;
      continue;
    }
    const atMs = timeOf(line.text);
    for (; expected < seq && batch.events.length < limits.events; expected++)
      batch.events.push(gap(expected, atMs, "events", "shed or damaged on the host: its spool was past its limit"));
    const full = batch.events.length >= limits.events || bytes + line.text.length > limits.bytes;
    if (expected < seq || (full && batch.events.length > 0)) return batch;
    batch.events.push(understand(line.text, seq, atMs));
    expected = seq + 1;
    bytes += line.text.length;
    batch.nextOffset = line.to;
  }
  return batch;
}

function understand(text: string, seq: number, atMs: number): RunEvent {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_EVENT_BYTES) return gap(seq, atMs, "event", `its ${bytes} bytes are more than ${MAX_EVENT_BYTES}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return gap(seq, atMs, "event", `damaged on the host: ${(error as Error).message}`);
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return gap(seq, atMs, "event", `not understood by the agent: ${issue?.path.join(".")}: ${issue?.message}`);
}

function gap(seq: number, atMs: number, shed: string, reason: string): RunEvent {
  return { seq, atMs, body: { type: "gap", fromSeq: seq, toSeq: seq, shed, reason } };
}

function timeOf(text: string): number {
  return Number(/"atMs":(\d{1,15})/.exec(text)?.[1] ?? 0);
}
