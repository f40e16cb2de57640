/** From a path in the document to a line and column of its source. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import type { Problem } from "../model";

export type Path = readonly PropertyKey[];
export type Aim = "value" | "key";

/** Largest plan source, characters. */
export const MAX_SOURCE_CHARS = 1024 * 1024;

export interface Source {
  /** Plain JavaScript values; undefined where the YAML itself is broken. */
  value: unknown;
  yamlProblems: Problem[];
  /** A problem at a path, or at the nearest thing around it that is written in the source. */
  problem(path: Path, message: string, aim?: Aim): Problem;
  has(path: Path): boolean;
}

/** Reads YAML with positions. Never throws: what is wrong stands in `yamlProblems`. */
export function readSource(source: string): Source {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (source.length > MAX_SOURCE_CHARS) {
    const problem = { message: `the plan is longer than ${MAX_SOURCE_CHARS} characters`, line: 1, column: 1, path: "" };
    return {
      value: undefined,
      yamlProblems: [problem],
      problem: (_, message) => ({ ...problem, message }),
      has: () => false,
    };
  }
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const yamlProblems: Problem[] = document.errors.map((error) => ({
    message: `not YAML as a plan needs it: ${error.message}`,
    ...place(error.pos[0]),
    path: "",
  }));
  let value: unknown;
  try {
    value = yamlProblems.length ? undefined : document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    yamlProblems.push({
      message: `not YAML as a plan needs it: ${(error as Error).message}`,
      line: 1,
      column: 1,
      path: "",
    });
  }
  return {
    value,
    yamlProblems,
    problem: (path, message, aim = "value") => ({
      message,
      ...place(offsetOf(document, path, aim)),
      path: showPath(path),
    }),
    has: (path) => walk(document, path).depth === path.length,
  };
}

/** `spec.steps[1].repeat.times` */
export function showPath(path: Path): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : index ? `.${String(part)}` : String(part)))
    .join("");
}

interface Found {
  /** How many parts of the path exist. */
  depth: number;
  node: Node | null;
  key: Node | null;
}

function walk(document: Document, path: Path): Found {
  let node: Node | null = document.contents as Node | null;
  let key: Node | null = null;
  let depth = 0;
  for (const part of path) {
    const here: Node | null | undefined = isAlias(node) ? node.resolve(document) : node;
    if (isMap(here)) {
      const pair = here.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!pair) break;
      key = isNode(pair.key) ? pair.key : null;
      node = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(here) && typeof part === "number" && here.items[part] !== undefined) {
      const item: unknown = here.items[part];
      key = null;
      node = isNode(item) ? item : null;
    } else if (!(isSeq(here) && part === "steps")) break;
    // `parallel: [..]` is short for `parallel: {steps: [..]}`: the list is written, `steps` is not.
    depth++;
  }
  return { depth, node, key };
}

function offsetOf(document: Document, path: Path, aim: Aim): number {
  const { depth, node, key } = walk(document, path);
  const missing = depth < path.length;
  const target = (aim === "key" || missing || !node) && key ? key : node;
  return target?.range?.[0] ?? key?.range?.[0] ?? 0;
}
