/** Criteria with other limits than the plan wrote: for judging stored results again. Pure. */
import { suggestion } from "../document/suggest";
import { type Dimension, EXAMPLES, readAnyLiteral } from "../document/units";
import { metricSpec } from "../metrics";
import type { Comparison, Criterion, MetricValue, ResolvedPlan } from "../model";
import { DIMENSION_OF_UNIT } from "../parse/check-comparison";
import { stepPlaces } from "../places";

export interface LimitChange {
  /** Absent: the plan's own. */
  operator?: Comparison["operator"];
  /** As an author writes it: `5ms`, `128MiB/s`, a number, a flag, a text. */
  value: MetricValue;
}

/** All criteria, the named ones with their new limits; or every reason why that cannot be. */
export function changeLimits(
  plan: Pick<ResolvedPlan, "criteria" | "steps" | "finally">,
  changes: Readonly<Record<string, LimitChange>>,
): { criteria: Criterion[] } | { problems: string[] } {
  const ids = plan.criteria.map(({ id }) => id);
  const problems = Object.keys(changes)
    .filter((id) => !ids.includes(id))
    .map((id) => `unknown criterion \`${id}\`${suggestion(id, ids)}`);
  const criteria = plan.criteria.map((criterion) => {
    const change = Object.hasOwn(changes, criterion.id) ? changes[criterion.id] : undefined;
    if (change === undefined) return criterion;
    const comparison = changed(criterion, change, plan);
    if (typeof comparison !== "string") return { ...criterion, comparison };
    problems.push(`criterion \`${criterion.id}\`: ${comparison}`);
    return criterion;
  });
  return problems.length > 0 ? { problems } : { criteria };
}

function changed(
  criterion: Criterion,
  { operator = criterion.comparison.operator, value }: LimitChange,
  plan: Pick<ResolvedPlan, "steps" | "finally">,
): Comparison | string {
  const given = readLimit(value);
  for (const wanted of criterion.stat === "count" ? (["number"] as const) : dimensionsOf(criterion, plan)) {
    const unitless = wanted === "string" || wanted === "boolean";
    const bare = given.dimension === "number" && (given.value === 0 || wanted === "number");
    if (given.dimension !== wanted && !(bare && !unitless))
      return `${JSON.stringify(value)} is not ${EXAMPLES[wanted]}, by which its metric is compared`;
    if (unitless && operator !== "eq" && operator !== "ne") return `\`${operator}\` does not apply: only eq and ne do`;
  }
  return { operator, value: given.value };
}

function readLimit(value: MetricValue): { dimension: Dimension; value: MetricValue } {
  if (typeof value === "number") return { dimension: "number", value };
  if (typeof value === "boolean") return { dimension: "boolean", value };
  return readAnyLiteral(value) ?? { dimension: "string", value };
}

/** Of the metrics that it judges, each once. */
function dimensionsOf({ metrics, delta }: Criterion, plan: Pick<ResolvedPlan, "steps" | "finally">): Set<Dimension> {
  const kinds = new Map(stepPlaces(plan).map(({ id, kind }) => [id, kind]));
  return new Set(
    metrics.flatMap((name) => {
      const dot = name.indexOf(".");
      const kind = kinds.get(delta?.[1] ?? name.slice(0, dot));
      const spec = kind === undefined ? null : metricSpec(kind, delta === null ? name.slice(dot + 1) : name);
      return spec === null ? [] : [DIMENSION_OF_UNIT[spec.unit]];
    }),
  );
}
