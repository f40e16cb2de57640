/**
 * The plan as far as it can be read, mistakes and all: what is wrong in one place must not hide what is wrong in
 * another. Bodies hold the values that are valid; `written` says which keys the author wrote.
 */
import type { z } from "zod";
import { criterionBody, type ParameterDocument, parameterBody, specSchema } from "../document/plan";
import { STEP_BODIES } from "../document/step";
import type { StepKind } from "../model";
import type { Path } from "./positions";

export interface Part {
  path: Path;
  /** Valid values with defaults; keys whose value is wrong are absent. */
  body: Record<string, unknown>;
  written: ReadonlySet<string>;
}

export interface DraftStep extends Part {
  kind: StepKind;
  id: string | null;
  children: DraftStep[];
  /** Enclosing repeats and parallels, outermost first. */
  around: DraftStep[];
  list: "steps" | "finally";
  /** Position in the order of the document. */
  order: number;
}

export interface Draft {
  steps: DraftStep[];
  finally: DraftStep[];
  /** Both lists, depth first, in the order of the document. */
  all: DraftStep[];
  criteria: (Part & { id: string | null })[];
  parameters: Map<string, ParameterDocument | null>;
  /** Ids inside steps of kinds that are unknown or not built: one mistake there is not reported again elsewhere. */
  unread: ReadonlySet<string>;
  /** Names of parameters that are referred to somewhere, rightly or not. */
  mentioned: ReadonlySet<string>;
  /** `needs`, `effects`, `timeouts` and the other keys of `spec`. */
  spec: Part;
}

type Shape = Readonly<Record<string, z.ZodType>>;
type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Never fails: what cannot be read at all is left out. */
export function makeDraft(value: unknown): Draft {
  const spec = isMapping(value) && isMapping(value.spec) ? value.spec : {};
  const all: DraftStep[] = [];
  const unread = new Set<string>();
  const steps = readSteps(spec.steps, ["spec", "steps"], [], { list: "steps", all, unread });
  const last = readSteps(spec.finally, ["spec", "finally"], [], { list: "finally", all, unread });
  const { steps: _, finally: __, criteria: ___, parameters: ____, ...shape } = specSchema.shape;
  return {
    steps,
    finally: last,
    all,
    unread,
    mentioned: collectMentions({ ...spec, parameters: null }),
    criteria: asList(spec.criteria).map((raw, index) => {
      const part = readPart(raw, ["spec", "criteria", index], criterionBody.shape);
      return { ...part, id: typeof part.body.id === "string" ? part.body.id : null };
    }),
    parameters: new Map(
      Object.entries(isMapping(spec.parameters) ? spec.parameters : {}).map(([name, raw]) => [
        name,
        parameterBody.safeParse(raw).data ?? null,
      ]),
    ),
    spec: readPart(spec, ["spec"], shape),
  };
}

/** What the walk over the steps fills. */
interface Walk {
  list: DraftStep["list"];
  all: DraftStep[];
  unread: Set<string>;
}

function readSteps(raw: unknown, path: Path, around: DraftStep[], walk: Walk): DraftStep[] {
  return asList(raw).flatMap((entry, index) => {
    if (!isMapping(entry)) return [];
    return Object.entries(entry).flatMap(([kind, body]) => {
      if (Object.hasOwn(STEP_BODIES, kind))
        return [readStep(kind as StepKind, body, [...path, index, kind], around, walk)];
      collectIds(body, walk.unread);
      return [];
    });
  });
}

function readStep(kind: StepKind, raw: unknown, path: Path, around: DraftStep[], walk: Walk): DraftStep {
  const mapping = kind === "parallel" && Array.isArray(raw) ? { steps: raw } : raw;
  const { steps: _, ...shape } = STEP_BODIES[kind] as Shape;
  const part = readPart(mapping, path, shape);
  const id = typeof part.body.id === "string" ? part.body.id : null;
  const step: DraftStep = { ...part, kind, id, children: [], around, list: walk.list, order: walk.all.length };
  walk.all.push(step);
  if ((kind === "repeat" || kind === "parallel") && isMapping(mapping))
    step.children = readSteps(mapping.steps, [...path, "steps"], [...around, step], walk);
  return step;
}

/** Depth is bounded by the YAML reader; aliases cannot make circles, because an anchor ends before its alias. */
function collectIds(value: unknown, ids: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if ("id" in value && typeof value.id === "string") ids.add(value.id);
  for (const member of Object.values(value)) collectIds(member, ids);
}

/** Every `$name` below a value, also where the value around it is wrong. */
function collectMentions(value: unknown, names = new Set<string>()): Set<string> {
  const match = typeof value === "string" ? /^\$([A-Za-z][A-Za-z0-9_]*)$/.exec(value) : null;
  if (match) names.add(match[1]!);
  if (typeof value === "object" && value !== null)
    for (const member of Object.values(value)) collectMentions(member, names);
  return names;
}

function readPart(raw: unknown, path: Path, shape: Shape): Part {
  const mapping = isMapping(raw) ? raw : {};
  const body: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    const result = schema.safeParse(mapping[key]);
    if (result.success && result.data !== undefined) body[key] = result.data;
  }
  const written = Object.keys(mapping).filter((key) => mapping[key] !== null && mapping[key] !== undefined);
  return { path, body, written: new Set(written) };
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
