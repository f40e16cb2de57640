import { stringify } from "yaml";
import { type Column, renderFacts, renderTable } from "./table";

export const formats = ["table", "json", "yaml"] as const;
export type Format = (typeof formats)[number];

/** The part of a stream that the printer needs. */
export interface Sink {
  write(part: string | Uint8Array): unknown;
  isTTY?: boolean;
  once?(event: "drain", listener: () => void): unknown;
}

export type Facts = readonly (readonly [string, string | number | null | undefined])[];

/** Results go to stdout in the format that was asked for; everything else goes to stderr. */
export class Printer {
  private progressShown = false;

  constructor(
    readonly format: Format,
    private readonly results: Sink,
    private readonly remarks: Sink,
  ) {}

  /** A list; `empty` is said instead of an empty table. */
  list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void {
    if (this.data(rows)) return;
    this.line(rows.length === 0 ? empty : renderTable(columns, rows));
  }

  /** One thing: `lines` is what a person reads, `value` what a program gets. */
  thing(value: unknown, lines: () => string): void {
    if (!this.data(value)) this.line(lines());
  }

  facts(value: unknown, facts: Facts): void {
    this.thing(value, () => renderFacts(facts));
  }

  /** A sentence beside the result; programs that read stdout do not see it. */
  remark(text: string): void {
    this.clearProgress();
    this.remarks.write(`${text}\n`);
  }

  /** What goes on now: one line that is overwritten on a terminal, nothing elsewhere (use `remark` for changes there). */
  progress(text: string): void {
    if (!this.isLive) return;
    this.remarks.write(`\r\u001b[2K${text}`);
    this.progressShown = true;
  }

  /** Results go to a terminal: bytes that are no text would only confuse it. */
  get showsResults(): boolean {
    return this.results.isTTY === true;
  }

  get isLive(): boolean {
    return this.remarks.isTTY === true;
  }

  /** One line of a stream of results: JSON on a line of its own, or text. */
  streamed(value: unknown, text: () => string | null): void {
    this.clearProgress();
    if (this.format === "json") this.results.write(`${JSON.stringify(value)}\n`);
    else if (this.format === "yaml") this.results.write(`---\n${stringify(value)}`);
    else {
      const shown = text();
      if (shown !== null) this.results.write(`${shown}\n`);
    }
  }

  /** A part of a document that is printed as it is; resolves when more is wanted. */
  async part(part: string | Uint8Array): Promise<void> {
    this.clearProgress();
    if (this.results.write(part) !== false || this.results.once === undefined) return;
    await new Promise<void>((resolve) => this.results.once!("drain", resolve));
  }

  clearProgress(): void {
    if (this.progressShown) this.remarks.write("\r\u001b[2K");
    this.progressShown = false;
  }

  private data(value: unknown): boolean {
    this.clearProgress();
    if (this.format === "table") return false;
    this.results.write(this.format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value));
    return true;
  }

  private line(text: string): void {
    this.results.write(`${text}\n`);
  }
}
