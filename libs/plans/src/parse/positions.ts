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
import { structureProblems, type YamlProblem } from "./yaml-limits";

export type Path = readonly PropertyKey[];
export type Aim = "value" | "key";

/** Largest plan source, characters. */
export const MAX_SOURCE_CHARS = 1024 * 1024;

/** A broken source is not told in more pieces than this. */
const MAX_YAML_PROBLEMS = 50;
/** How often aliases may be expanded. */
const MAX_ALIASES = 100;

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
  const yamlProblems = yamlProblemsOf(document).map(({ message, offset }) => ({
    message: `not YAML as a plan needs it: ${message}`,
    ...place(offset),
    path: "",
  }));
  let value: unknown;
  try {
    value = yamlProblems.length ? undefined : document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const message = `not YAML as a plan needs it: ${(error as Error).message}`;
    yamlProblems.push({ message, line: 1, column: 1, path: "" });
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

/** What the reader stumbled over; only where it took everything, what a plan cannot be made of. */
function yamlProblemsOf(document: Document): YamlProblem[] {
  const broken = [...document.errors, ...document.warnings].slice(0, MAX_YAML_PROBLEMS);
  if (broken.length === 0) return structureProblems(document.contents).slice(0, MAX_YAML_PROBLEMS);
  return broken.map(({ message, pos }) => ({
    message: message.includes("call stack") ? "nested too deeply" : message,
    offset: pos[0],
  }));
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
