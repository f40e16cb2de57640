import { appendFileSync, renameSync, statSync } from "node:fs";

/** A log and the one before it are kept: at most twice this on disk for each service. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;
/** What is shown of it when a start fails. */
const LAST_WORDS = 12;

/** Where a service's output goes; never grows without bound, and a full disk does not end the lab. */
export class LogFile {
  private bytes: number;
  private tail: string[] = [];

  constructor(
    private readonly file: string,
    private readonly maxBytes = MAX_LOG_BYTES,
  ) {
    this.bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }

  readonly write = (text: string): void => {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    this.tail = [...this.tail, ...lines].slice(-LAST_WORDS);
    try {
      if (this.bytes > 0 && this.bytes + text.length > this.maxBytes) {
        renameSync(this.file, `${this.file}.1`);
        this.bytes = 0;
      }
      appendFileSync(this.file, text, { mode: 0o600 });
      this.bytes += Buffer.byteLength(text);
    } catch {
      // The lab is worth more than its log.
    }
  };

  readonly writeLine = (line: string): void => this.write(`${line}\n`);

  lastLine(): string {
    return this.tail.at(-1) ?? "";
  }

  lastWords(): string {
    return this.tail.join("\n");
  }
}
