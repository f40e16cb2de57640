/**
 * The runner's numbered record: one RunEvent per line, numbers from 1 without a gap. Every line is handed to the kernel
 * whole and at once (a kill -9 loses nothing that was appended; only the last line can be torn), and reaches the disk at
 * `sync()` and at least once a second.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { type EventBody, eventBodySchema, MAX_EVENT_BYTES, type RunEvent } from "@assay/protocol";

export const SYNC_INTERVAL_MS = 1000;
const fdatasyncAsync = promisify(fdatasync);

export class JournalError extends Error {}

export class Journal {
  private seq = 0;
  private bytes = 0;
  private dirty = false;
  private timer: NodeJS.Timeout;
  private syncing: Promise<void> = Promise.resolve();
  private shed = 0;
  private failure: Error | null = null;

  private constructor(
    private readonly fd: number,
    private readonly nowMs: () => number,
    private readonly limitBytes: number,
  ) {
    this.timer = setInterval(() => {
      this.sync().catch((error: Error) => {
        this.failure = error;
      });
    }, SYNC_INTERVAL_MS);
    this.timer.unref();
  }

  /**
   * Creates the journal. `limitBytes` is the room that the order grants: beyond it samples are shed, results never.
   * @throws JournalError when the file already holds something: a runner never resumes a run.
   */
  static open(file: string, nowMs: () => number, limitBytes = Number.POSITIVE_INFINITY): Journal {
    const fd = openSync(file, "a", 0o600);
    if (fstatSync(fd).size > 0) {
      closeSync(fd);
      throw new JournalError(`${file} is not empty: a runner never resumes a run`);
    }
    return new Journal(fd, nowMs, limitBytes);
  }

  /** Newest number, 0 before the first event. */
  get lastSeq(): number {
    return this.seq;
  }

  /** How many samples were left out because the journal had no more room. */
  get shedSamples(): number {
    return this.shed;
  }

  /** Number, stamp and write one event. The body is checked here: what ingest would refuse must not be written. */
  append(body: EventBody): void {
    if (this.failure) throw this.failure;
    if (body.type === "samples" && this.bytes > this.limitBytes) {
      this.shed += body.samples.length;
      return;
    }
    const event: RunEvent = { seq: this.seq + 1, atMs: this.nowMs(), body: eventBodySchema.parse(body) };
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    if (line.length > MAX_EVENT_BYTES)
      throw new JournalError(`event ${body.type} of ${line.length} bytes exceeds ${MAX_EVENT_BYTES}`);
    this.writeWhole(line);
    this.seq++;
    this.bytes += line.length;
    this.dirty = true;
  }

  log(level: "debug" | "info" | "warn" | "error", text: string): void {
    this.append({ type: "log", level, text: text.slice(0, 8192) });
  }

  /** Everything appended so far is on the disk when this settles. */
  sync(): Promise<void> {
    this.syncing = this.syncing.then(async () => {
      if (!this.dirty) return;
      this.dirty = false;
      await fdatasyncAsync(this.fd);
    });
    return this.syncing;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sync();
    closeSync(this.fd);
  }

  /** For the last words before an abnormal exit. */
  syncNow(): void {
    fdatasyncSync(this.fd);
  }

  /** A part of a line, on a disk that is full, would make the next one unreadable too: it is taken back. */
  private writeWhole(line: Buffer): void {
    try {
      for (let at = 0; at < line.length; ) at += writeSync(this.fd, line, at);
    } catch (error) {
      ftruncateSync(this.fd, this.bytes);
      throw error;
    }
  }
}
