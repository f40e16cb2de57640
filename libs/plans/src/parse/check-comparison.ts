/** One comparison, with a limit of the metric's own dimension. */
import { type Dimension, EXAMPLES, NOUNS, showQuantity } from "../document/units";
import { isReference, type Limit, type Reference } from "../document/values";
import type { MetricSpec, MetricUnit } from "../metrics";
import { OPERATORS } from "../resolve/bind-comparison";
import { showReference } from "../resolve/bindings";
import type { Report } from "./check";
import { dimensionOf, fits } from "./check-references";
import type { Draft, Part } from "./draft";

export const DIMENSION_OF_UNIT: Record<MetricUnit, Dimension> = {
  ms: "duration",
  B: "size",
  "B/s": "rate",
  "%": "percent",
  "1/s": "number",
  count: "number",
  text: "string",
  flag: "boolean",
};

export function checkComparison(
  { body, path, written }: Part,
  specs: MetricSpec[],
  draft: Draft,
  report: Report,
): void {
  const operators = OPERATORS.filter((operator) => written.has(operator));
  if (operators.length === 0) report(path, `compares with nothing: give one of ${OPERATORS.join(", ")}`);
  for (const extra of operators.slice(1))
    report(
      [...path, extra],
      `\`${extra}\` beside \`${operators[0]}\`: one comparison only; a second limit is a second criterion`,
      "key",
    );
  for (const operator of operators) {
    const limit = body[operator] as Limit | Reference | undefined;
    const dimension = limit && (isReference(limit) ? dimensionOf(limit, draft) : limit.dimension);
    if (!limit || !dimension) continue;
    const wanted = new Set(
      body.stat === "count" ? ["number" as const] : specs.map(({ unit }) => DIMENSION_OF_UNIT[unit]),
    );
    for (const one of wanted) {
      // 0 needs no unit: no milliseconds are no seconds.
      const zero = !isReference(limit) && limit.value === 0;
      if (!fits(dimension, one) && !(zero && one !== "string" && one !== "boolean"))
        report([...path, operator], mismatch(limit, dimension, one));
      else if ((one === "string" || one === "boolean") && operator !== "eq" && operator !== "ne")
        report([...path, operator], `${NOUNS[one]} has no order: only eq and ne apply`, "key");
    }
  }
}

function mismatch(limit: Limit | Reference, dimension: Dimension, wanted: Dimension): string {
  const shown = isReference(limit)
    ? `\`${showReference(limit)}\` is ${NOUNS[dimension]}`
    : `${typeof limit.value === "string" ? JSON.stringify(limit.value) : showQuantity(limit.dimension, limit.value)} is ${NOUNS[dimension]}`;
  return `${shown}, and the metric is compared with ${EXAMPLES[wanted]}`;
}
