/** The gate: YAML in, a validated document or every problem at once, with line and column. */
import { type PlanDocument, planSchema } from "../document/plan";
import type { Problem } from "../model";
import { crossFieldProblems } from "./checks";
import { makeDraft } from "./draft";
import { readSource } from "./positions";
import { schemaProblems } from "./schema-problems";

/** Pure. Problems come in the order of the source. */
export function parsePlan(text: string): { plan: PlanDocument } | { problems: Problem[] } {
  const source = readSource(text);
  if (source.yamlProblems.length) return { problems: source.yamlProblems };
  const result = planSchema.safeParse(source.value);
  const problems = result.success ? [] : schemaProblems(source, result.error.issues);
  problems.push(...crossFieldProblems(makeDraft(source.value), source));
  return result.success && problems.length === 0 ? { plan: result.data } : { problems: inOrder(problems) };
}

/** By place; a mistake inside an anchor is told once and not for every alias of it. */
function inOrder(problems: Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [`${problem.line}:${problem.column} ${problem.message}`, problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
