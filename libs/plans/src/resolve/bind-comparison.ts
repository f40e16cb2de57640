/** The one comparison of a criterion or an assert step. */
import type { Limit, Reference } from "../document/values";
import type { Comparison } from "../model";
import type { Path } from "../parse/positions";
import type { Bindings } from "./bindings";

export const OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge"] as const satisfies Comparison["operator"][];
export type Comparing = { [operator in Comparison["operator"]]?: Limit | Reference };

/** Behind the gate: `parse` has seen to it that there is exactly one operator. */
export function bindComparison(body: Comparing, path: Path, bindings: Bindings): Comparison {
  const operator = OPERATORS.find((candidate) => body[candidate] !== undefined);
  if (!operator) throw new Error("a validated comparison has an operator");
  return { operator, value: bindings.bindLimit(body[operator]!, [...path, operator]).value };
}
