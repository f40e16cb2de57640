/** The reference of the language in Markdown, written from the schema and the metric registry. */
import { METRICS, type MetricSpec } from "../metrics";
import type { StepKind } from "../model";
import { DUT_FACTS, SHEET_ENTRIES } from "./facts";
import { type JsonSchema, jsonSchema } from "./json-schema";
import { blocks, table } from "./markdown";
import { NOT_BUILT } from "./not-built";
import { STEP_KINDS } from "./step";
import { LITERAL_PATTERNS, NOUNS } from "./units";

/** All of it: the document, the steps with their metrics, criteria, references, what is not built. */
export function languageReference(): string {
  const schema = jsonSchema();
  const spec = schema.properties?.spec?.properties ?? {};
  const kinds = schema.$defs?.step?.properties ?? {};
  return blocks(
    "### The document",
    documentTable(schema, spec),
    "`spec.needs`:",
    keyTable(spec.needs),
    "`spec.onFailure`:",
    keyTable(spec.onFailure),
    "A parameter (`spec.parameters.<name>`):",
    keyTable(spec.parameters?.additionalProperties as JsonSchema),
    "### Steps",
    ...STEP_KINDS.flatMap((kind) => stepBlocks(kind, kinds[kind]!)),
    "### Criteria",
    keyTable(spec.criteria?.items),
    "Exactly one of `eq`, `ne`, `lt`, `le`, `gt`, `ge` stands in each criterion and each `assert`.",
    "### References",
    referenceTable(),
    "### Described in the plan format, refused by name in this version",
    [
      `- steps: ${NOT_BUILT.steps.join(", ")}`,
      ...Object.entries(NOT_BUILT.keys).map(([what, words]) => `- keys of ${what}: ${words.join(", ")}`),
      ...Object.entries(NOT_BUILT.words).map(([what, words]) => `- ${what}: ${words.join(", ")}`),
      `- references: ${NOT_BUILT.references.map((source) => `$${source}.<id>.<metric>`).join(", ")}`,
    ].join("\n"),
  );
}

function documentTable(schema: JsonSchema, spec: Record<string, JsonSchema>): string {
  const { apiVersion, kind, metadata } = schema.properties ?? {};
  return table([
    KEY_HEAD,
    ...keyRows({ apiVersion: apiVersion!, kind: kind! }, ["apiVersion", "kind"]),
    ...keyRows(metadata?.properties, metadata?.required, "metadata."),
    ...keyRows(spec, schema.properties?.spec?.required, "spec."),
  ]);
}

function referenceTable(): string {
  return table([
    ["reference", "is"],
    ["`$name`", "a parameter of the plan"],
    ...Object.entries(DUT_FACTS).map(([name, dimension]) => [`\`$dut.${name}\``, NOUNS[dimension]]),
    ...Object.entries(SHEET_ENTRIES).map(([name, entry]) => [
      `\`$sheet.${name}\``,
      `${NOUNS[entry.dimension]}: ${entry.description}`,
    ]),
  ]);
}

function stepBlocks(kind: StepKind, schema: JsonSchema): (string | null)[] {
  const metrics = Object.entries<MetricSpec>(METRICS[kind]).map(([name, spec]) => [
    `\`${name}\``,
    spec.unit,
    spec.direction,
    spec.description,
  ]);
  return [
    `#### ${kind}`,
    schema.description ?? null,
    keyTable(schema.anyOf?.[1] ?? schema),
    metrics.length ? table([["metric", "unit", "better", ""], ...metrics]) : null,
  ];
}

const KEY_HEAD = ["key", "value", "default", ""];

function keyTable(schema: JsonSchema | undefined): string {
  return table([KEY_HEAD, ...keyRows(schema?.properties, schema?.required)]);
}

function keyRows(properties: Record<string, JsonSchema> = {}, required: string[] = [], prefix = ""): string[][] {
  return Object.entries(properties).map(([name, schema]) => [
    `\`${prefix}${name}\``,
    showType(schema),
    required.includes(name) ? "**required**" : showDefault(schema.default),
    schema.description ?? "",
  ]);
}

function showDefault(value: unknown): string {
  if (value === undefined || value === null || value === "") return "";
  if (typeof value === "object" && Object.keys(value).length === 0) return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** Shapes that have a word of their own in the reference. */
const WORDS: [pattern: string, word: string][] = [
  [LITERAL_PATTERNS.duration, "duration"],
  ["^all$", "`all`, size or percentage"],
  [LITERAL_PATTERNS.size, "size"],
  [LITERAL_PATTERNS.rate, "rate"],
  [LITERAL_PATTERNS.percent, "percentage"],
  ["^[A-Za-z][A-Za-z0-9_-]", "id"],
  ["^[0-7]", '"sct/sc", hexadecimal'],
];

function showType(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(", ");
  if (schema.$ref) return "step";
  const alternatives = schema.anyOf?.filter(({ type }) => type !== "null");
  if (alternatives) {
    const integer = alternatives.find(({ type }) => type === "integer");
    if (integer)
      return integer.maximum === undefined
        ? `integer from ${integer.minimum}`
        : `integer ${integer.minimum}..${integer.maximum}`;
    const shown = alternatives
      .filter(({ type, pattern }) => !(type === "string" && pattern?.startsWith("^\\$")))
      .map(showType);
    return [...new Set(shown)].join(" or ");
  }
  if (schema.type === "array") return schema.items ? `list of ${showType(schema.items)}` : "pair";
  if (Array.isArray(schema.type)) return "text, number or flag";
  if (schema.pattern) return WORDS.find(([pattern]) => schema.pattern!.startsWith(pattern))?.[1] ?? "text";
  return (
    { object: "mapping", boolean: "true, false", string: "text" }[schema.type ?? ""] ?? String(schema.type ?? "value")
  );
}
