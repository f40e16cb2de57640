/** Bulk rows by COPY FROM STDIN in text format. */
import { once } from "node:events";
import type { PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";

/** JSON goes in as its text, moments as ISO 8601, big integers as decimal strings. */
export type Cell = string | number | boolean | null | readonly (string | number)[];

export interface RowSet {
  /** Qualified name. */
  table: string;
  columns: readonly string[];
  rows: Cell[][];
}

/** Text is sent in pieces of about this size. */
const CHUNK_CHARACTERS = 256 * 1024;
const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\ufffd" };

/** One line of COPY text. PostgreSQL has no NUL in text: it becomes U+FFFD. */
export function encodeRow(cells: readonly Cell[]): string {
  let line = "";
  for (let i = 0; i < cells.length; i++) {
    if (i > 0) line += "\t";
    line += encodeCell(cells[i]!);
  }
  return `${line}\n`;
}

function encodeCell(cell: Cell): string {
  if (cell === null) return "\\N";
  if (typeof cell === "string") return NEEDS_ESCAPE.test(cell) ? cell.replace(EVERY_ESCAPE, (c) => ESCAPES[c]!) : cell;
  if (typeof cell === "object") return `{${cell.join(",")}}`;
  return String(cell);
}
const NEEDS_ESCAPE = /[\\\n\r\t\0]/;
const EVERY_ESCAPE = /[\\\n\r\t\0]/g;

/** Stores the rows inside the client's transaction. No rows, no round trip. */
export async function copyRows(client: PoolClient, { table, columns, rows }: RowSet): Promise<void> {
  if (rows.length === 0) return;
  const stream = client.query(copyFrom(`COPY ${table} (${columns.join(", ")}) FROM STDIN`));
  const done = new Promise<void>((resolve, reject) => {
    stream.once("finish", resolve);
    stream.once("error", reject);
  });
  let text = "";
  for (const row of rows) {
    text += encodeRow(row);
    if (text.length < CHUNK_CHARACTERS) continue;
    if (!stream.write(text)) await Promise.race([once(stream, "drain"), done]);
    text = "";
  }
  stream.end(text);
  await done;
}
