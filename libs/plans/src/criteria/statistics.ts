/** From the values of one group to the value that is judged. */
import type { Comparison, MetricValue, Statistic } from "../model";
import { asNumber, holds } from "./compare";

/** The deciding value, or the reason why there is none. `values` is never empty. */
export function decide(
  values: MetricValue[],
  stat: Statistic,
  comparison: Comparison,
): { value: MetricValue } | { reason: string } {
  if (stat === "first") return { value: values[0]! };
  if (stat === "last") return { value: values.at(-1)! };
  if (stat === "count") return { value: values.length };
  if (stat === "each") return { value: worst(values, comparison) };
  const numbers = values.map(asNumber);
  if (!numbers.every((value) => typeof value === "number" && Number.isFinite(value)))
    return { reason: `\`${stat}\` needs numbers` };
  return { value: NUMERIC[stat](numbers as number[]) };
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

const NUMERIC: Record<Exclude<Statistic, "each" | "first" | "last" | "count">, (values: number[]) => number> = {
  mean: (values) => sum(values) / values.length,
  sum,
  min: (values) => values.reduce((a, b) => Math.min(a, b)),
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
  p50: (values) => percentile(values, 50),
  p90: (values) => percentile(values, 90),
  p99: (values) => percentile(values, 99),
};

/** Nearest rank: the smallest value that at least `percent` of all values do not exceed. */
function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** The first value that does not hold; where all hold, the one nearest to the limit. */
function worst(values: MetricValue[], comparison: Comparison): MetricValue {
  const broken = values.find((value) => holds(value, comparison) !== true);
  if (broken !== undefined) return broken;
  const { operator } = comparison;
  if (operator === "eq" || operator === "ne") return values[0]!;
  const nearer =
    operator === "le" || operator === "lt" ? (a: number, b: number) => a > b : (a: number, b: number) => a < b;
  return values.reduce((best, value) => (nearer(asNumber(value) as number, asNumber(best) as number) ? value : best));
}
