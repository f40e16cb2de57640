/**
 * The journal's format: one RunEvent per line as JSON, numbers from 1 without gap, appended by the runner while it lives.
 * A torn last line (no line feed) is what a crash leaves; the agent cuts it off once the runner is known dead.
 * Ranges of NUL bytes are events that were shed to free disk space; the numbers between the neighbours say which.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, statSync } from "node:fs";
import type { EventBody, RunEvent } from "@assay/protocol";
import { writeAll } from "../platform/durable-file";

/** Bytes that are read at a time. */
const CHUNK_BYTES = 256 * 1024;
/** Longest line that is held in memory; a longer one is told as damaged. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

export interface JournalLine {
  /** Bytes without the line feed; empty for shed space. */
  text: string;
  /** Offset of the line in the file, and of the byte after its line feed. */
  from: number;
  to: number;
}

export function encodeEvent(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Whole lines from `offset` on, at most `maxBytes` of file. The torn rest is not given. Shed space is skipped. */
export function* readLines(path: string, offset: number, maxBytes = Number.MAX_SAFE_INTEGER): Generator<JournalLine> {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    let held = Buffer.alloc(0);
    let heldAt = offset;
    let readAt = offset;
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (readAt - offset < maxBytes) {
      const got = readSync(fd, chunk, 0, CHUNK_BYTES, readAt);
      if (got === 0) return;
      readAt += got;
      held = Buffer.concat([held, chunk.subarray(0, got)]);
      let start = 0;
      for (let end = held.indexOf(10, start); end >= 0; end = held.indexOf(10, start)) {
        const from = skipNul(held, start, end);
        yield { text: held.toString("utf8", from, end), from: heldAt + from, to: heldAt + end + 1 };
        start = end + 1;
      }
      start = skipNul(held, start, held.length);
      held = held.subarray(start);
      heldAt += start;
      if (held.length > MAX_LINE_BYTES) return;
    }
  } finally {
    closeSync(fd);
  }
}

function skipNul(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === 0) at++;
  return at;
}

/** Number of the event on a line without parsing it whole; null when the line is damaged. */
export function seqOf(line: string): number | null {
  const seq = Number(/^\{"seq":(\d{1,15})[,}]/.exec(line)?.[1] ?? parsedSeq(line));
  return Number.isSafeInteger(seq) && seq > 0 ? seq : null;
}

function parsedSeq(line: string): unknown {
  try {
    return (JSON.parse(line) as { seq?: unknown }).seq;
  } catch {
    return null;
  }
}

/** Type of the event on a line; null when the line is damaged. */
export function typeOf(line: string): string | null {
  try {
    const type = (JSON.parse(line) as { body?: { type?: unknown } }).body?.type;
    return typeof type === "string" ? type : null;
  } catch {
    return null;
  }
}

export interface JournalState {
  /** Newest number; 0 when there is no event. */
  lastSeq: number;
  /** End of the last whole line. */
  wholeBytes: number;
  /** Bytes after it. */
  tornBytes: number;
  finished: boolean;
  ended: boolean;
}

/** Reads the whole journal once. */
export function scanJournal(path: string): JournalState {
  const state: JournalState = { lastSeq: 0, wholeBytes: 0, tornBytes: 0, finished: false, ended: false };
  for (const line of readLines(path, 0)) {
    const type = line.text.includes('"finished"') || line.text.includes('"ended"') ? typeOf(line.text) : null;
    state.lastSeq = Math.max(state.lastSeq, seqOf(line.text) ?? state.lastSeq);
    state.wholeBytes = line.to;
    if (type === "finished") state.finished = true;
    if (type === "ended") state.ended = true;
  }
  state.tornBytes = Math.max(0, fileBytes(path) - state.wholeBytes);
  return state;
}

function fileBytes(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/**
 * For a runner that is known dead: cuts a torn last line off and appends events with the next numbers, durably.
 * @returns the newest number
 */
export function closeJournal(path: string, bodies: EventBody[], atMs: number): number {
  const state = scanJournal(path);
  const fd = openSync(path, "a", 0o600);
  try {
    if (state.tornBytes > 0) ftruncateSync(fd, state.wholeBytes);
    const lines = bodies.map((body, n) => encodeEvent({ seq: state.lastSeq + 1 + n, atMs, body }));
    writeAll(fd, Buffer.from(lines.join(""), "utf8"));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return state.lastSeq + bodies.length;
}

/** Newest number, from the end of the file: cheap on a long journal. 0 when there is no event. */
export function newestSeq(path: string): number {
  const size = fileBytes(path);
  for (let bytes = 64 * 1024; ; bytes *= 8) {
    const from = Math.max(0, size - bytes);
    let newest = 0;
    // The first line may be cut; its rest is no event and says no number.
    for (const line of readLines(path, from)) newest = seqOf(line.text) ?? newest;
    if (newest > 0 || from === 0) return newest;
  }
}
