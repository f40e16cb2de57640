/** Literals with units. Durations become milliseconds, sizes bytes, rates bytes a second, percentages 0..100. */

export type Dimension = "duration" | "size" | "rate" | "percent" | "integer" | "number" | "string" | "boolean";

const DURATION_UNITS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};
const NUMBER = "(\\d+(?:\\.\\d+)?)";
const durationUnits = Object.keys(DURATION_UNITS).join("|");
const sizeUnits = Object.keys(SIZE_UNITS).join("|");

/** Regular expressions of the literals, as the JSON Schema shows them. */
export const LITERAL_PATTERNS = {
  duration: `^${NUMBER} ?(${durationUnits})$`,
  size: `^${NUMBER} ?(${sizeUnits})$`,
  rate: `^${NUMBER} ?(${sizeUnits})/s$`,
  percent: `^${NUMBER} ?%$`,
} as const;

/** What each dimension is called in messages. */
export const NOUNS: Record<Dimension, string> = {
  duration: "a duration",
  size: "a size",
  rate: "a rate",
  percent: "a percentage",
  integer: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "a flag",
};

/** How each dimension is written, for messages. */
export const EXAMPLES: Record<Dimension, string> = {
  duration: "a duration such as 500ms, 30s, 5m, 12h or 7d",
  size: "a size such as 512B, 4KiB, 64MiB or 128GB",
  rate: "a rate such as 500MB/s",
  percent: "a percentage such as 30%",
  integer: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
};

const MATCHERS = {
  duration: { pattern: new RegExp(LITERAL_PATTERNS.duration), units: DURATION_UNITS },
  size: { pattern: new RegExp(LITERAL_PATTERNS.size), units: SIZE_UNITS },
  rate: { pattern: new RegExp(LITERAL_PATTERNS.rate), units: SIZE_UNITS },
  percent: { pattern: new RegExp(LITERAL_PATTERNS.percent), units: {} as Record<string, number> },
} as const;

export type UnitDimension = keyof typeof MATCHERS;

/** Reads one literal of a dimension; null where the text is no such literal. */
export function readLiteral(dimension: UnitDimension, text: string): number | null {
  const { pattern, units } = MATCHERS[dimension];
  const match = pattern.exec(text);
  if (!match) return null;
  const value = Number(match[1]) * (units[match[2] ?? ""] ?? 1);
  // 0.1 KiB is no whole number of bytes; 1.1 s is 1100 ms although the product is 1100.0000000000002.
  const rounded = Number(value.toPrecision(15));
  return dimension === "size" && !Number.isInteger(rounded) ? null : rounded;
}

/** Reads a text that carries a unit, whichever it is; null for a text without one. */
export function readAnyLiteral(text: string): { dimension: UnitDimension; value: number } | null {
  for (const dimension of ["duration", "size", "rate", "percent"] as const) {
    const value = readLiteral(dimension, text);
    if (value !== null) return { dimension, value };
  }
  return null;
}

/** Writes a value as an engineer would: `64 MiB`, `30 s`. */
export function showQuantity(dimension: Dimension, value: number | string | boolean): string {
  if (typeof value !== "number") return String(value);
  if (dimension === "percent") return `${value}%`;
  if (dimension === "duration") return shortest(value, DURATION_UNITS, "ms");
  if (dimension === "size") return shortest(value, SIZE_UNITS, "B");
  if (dimension === "rate") return `${shortest(value, SIZE_UNITS, "B")}/s`;
  return String(value);
}

/** In the unit that leaves the smallest whole number. */
function shortest(value: number, units: Record<string, number>, base: string): string {
  let best = { count: value, unit: base };
  for (const [unit, factor] of Object.entries(units)) {
    const count = Number((value / factor).toPrecision(12));
    if (Number.isInteger(count) && count > 0 && (count < best.count || !Number.isInteger(best.count)))
      best = { count, unit };
  }
  return `${best.count}${best.unit}`;
}
