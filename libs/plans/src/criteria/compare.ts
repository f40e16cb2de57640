/** One value against one limit. */
import type { Comparison, MetricValue } from "../model";

const WORDS: Record<Comparison["operator"], string> = {
  eq: "",
  ne: "other than ",
  lt: "less than ",
  le: "at most ",
  gt: "more than ",
  ge: "at least ",
};

/** Whether the comparison holds; a string is the reason why the two cannot be compared. */
export function holds(value: MetricValue, { operator, value: limit }: Comparison): boolean | string {
  const left = typeof limit === "number" ? asNumber(value) : value;
  if (typeof left !== typeof limit) return `${describe(value)} cannot be compared with ${describe(limit)}`;
  if (typeof left === "number" && !Number.isFinite(left)) return `${left} is no measurement`;
  if (operator === "eq") return left === limit;
  if (operator === "ne") return left !== limit;
  if (typeof left !== "number" || typeof limit !== "number")
    return `${describe(value)} has no order: only eq and ne apply`;
  return { lt: left < limit, le: left <= limit, gt: left > limit, ge: left >= limit }[operator];
}

/** `at most 2000` */
export function demand({ operator, value }: Comparison): string {
  return `${WORDS[operator]}${show(value)}`;
}

/** Counters above 2^53 arrive as decimal texts. */
export function asNumber(value: MetricValue): MetricValue {
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
}

export function show(value: MetricValue): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function describe(value: MetricValue): string {
  const kind = { number: "the number", string: "the text", boolean: "the flag" }[
    typeof value as "number" | "string" | "boolean"
  ];
  return `${kind} ${show(value)}`;
}
