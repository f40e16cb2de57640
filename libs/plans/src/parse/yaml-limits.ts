/** YAML that a plan may be made of: word keys, known tags, bounded depth. */
import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";

/** Deepest nesting of mappings and lists. */
export const MAX_DEPTH = 64;

export interface YamlProblem {
  message: string;
  offset: number;
}

/** What the YAML reader takes and a plan does not. Stops going down at `MAX_DEPTH`. */
export function structureProblems(node: unknown, depth = 0): YamlProblem[] {
  if (depth > MAX_DEPTH) return [{ message: `nested too deeply: at most ${MAX_DEPTH} levels`, offset: offsetOf(node) }];
  if (isSeq(node)) return node.items.flatMap((item) => structureProblems(item, depth + 1));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const below = structureProblems(value, depth + 1);
    if (isScalar(key) && ["string", "number", "boolean"].includes(typeof key.value)) return below;
    const what = isAlias(key) ? "an alias" : isScalar(key) ? "nothing" : "a mapping or a list";
    return [{ message: `a key is a word, and here it is ${what}`, offset: offsetOf(key) }, ...below];
  });
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
