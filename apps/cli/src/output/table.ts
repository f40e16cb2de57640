/** Columns of text for people. Pure: rows in, one string out. */
export interface Column<Row> {
  title: string;
  of: (row: Row) => string | number | null | undefined;
  align?: "left" | "right";
}

const GAP = "  ";
/** What stands where nothing is known. */
export const NOTHING = "-";

export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column.of(row))));
  const widths = columns.map((column, at) => Math.max(column.title.length, ...cells.map((line) => line[at]!.length)));
  const line = (texts: string[]) =>
    texts
      .map((text, at) => (columns[at]!.align === "right" ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.title.toUpperCase())), ...cells.map(line)].join("\n");
}

/** `name  value` lines; an entry whose value is undefined is left out. */
export function renderFacts(facts: readonly (readonly [string, string | number | null | undefined])[]): string {
  const known = facts.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`.trimEnd()).join("\n");
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  // A control character of a drive's name must not reach the terminal.
  return String(value).replace(/\p{Cc}+/gu, " ");
}
