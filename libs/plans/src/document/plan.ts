/** The plan document: what an author writes, validated, with every default written out and references still open. */
import { z } from "zod";
import { stepList } from "./step";
import { CAPTURE_SOURCES, comparisons, wordList } from "./step-bodies";
import { type Dimension } from "./units";
import { duration, identifier, isReference, type Limit, limit, mapping, oneOf, size, text } from "./values";

/** Counted up when the meaning of the same document changes; part of every content hash. */
export const SCHEMA_VERSION = 1;
const HOUR_MS = 3_600_000;
export const MAX_RUN_TIMEOUT_MS = 400 * 24 * HOUR_MS;

export const PARAMETER_TYPES = [
  "duration",
  "size",
  "percent",
  "integer",
  "number",
  "string",
  "boolean",
] as const satisfies Dimension[];

const optional = <T extends z.ZodType>(schema: T) => schema.nullable().default(null as never);
const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: () => "is no single value: a text, a number or true/false",
});

/** Labels are literals; `30%` means 30, `4KiB` means 4096. */
const whereValue = limit()
  .refine((value) => !isReference(value), "a label is written out, not referred to")
  .transform((value) => value as Limit);

export const parameterBody = mapping("parameter", {
  type: oneOf("parameter type", [...PARAMETER_TYPES]),
  default: optional(scalar).describe("without a default the caller must give a value"),
  min: optional(scalar),
  max: optional(scalar),
  description: text(500).default(""),
});

export const criterionBody = mapping("criterion", {
  id: identifier,
  each: optional(identifier).describe("judge every iteration of this `repeat` by itself"),
  delta: optional(
    z.tuple([identifier, identifier], { error: () => "is no pair of snapshot steps: write [before, after]" }),
  ).describe("two snapshots: the metric is after minus before"),
  metric: z
    .union([text(200), z.array(text(200)).min(1).max(64)], {
      error: () => "is missing or no metric: `<step id>.<metric>` or a list of them",
    })
    .transform((metric) => (typeof metric === "string" ? [metric] : metric)),
  where: z.record(z.string(), whereValue).default({}).describe("labels that a value must carry"),
  stat: oneOf("statistic", [
    "each",
    "mean",
    "min",
    "max",
    "sum",
    "count",
    "p50",
    "p90",
    "p99",
    "last",
    "first",
  ]).default("each"),
  ...comparisons,
  requirement: optional(text(200)).describe("id in a requirements list"),
  onViolation: oneOf("reaction", ["continue", "stop"])
    .default("continue")
    .describe("`stop`: end the run at the first iteration that breaks it"),
  else: oneOf("verdict", ["failed", "errored"]).default("failed").describe("verdict where it does not hold"),
});

const needsBody = mapping("needs", {
  power: optional(oneOf("need", ["cut"])).describe("`cut`: the slot's power can be switched"),
  lbaSizes: z
    .array(size({ min: 512 }))
    .default([])
    .describe("LBA data sizes that the DUT must offer"),
  transports: wordList("transport", ["model", "spdk-pcie", "spdk-tcp", "spdk-vfio-user"])
    .default([])
    .describe("where the plan makes sense; empty: everywhere"),
  capacity: optional(size()).describe("smallest capacity"),
});

export const specSchema = mapping("spec", {
  parameters: z.record(z.string(), parameterBody).default({}),
  needs: needsBody.prefault({}),
  effects: wordList("effect", ["writes", "destroys-data", "power-cycles"])
    .default([])
    .describe("what the host must allow on the slot"),
  isolation: oneOf("isolation", ["slot", "host"]).default("slot").describe("what else may run meanwhile"),
  timeouts: mapping("timeouts", { run: duration({ min: 1000, max: MAX_RUN_TIMEOUT_MS }).prefault("1h") }).prefault({}),
  steps: stepList.refine((steps) => steps.length > 0, "is empty: at least one step"),
  finally: stepList.default([]).describe("always run, effects skipped on a failed drive"),
  onFailure: mapping("onFailure", {
    hold: z
      .boolean({ error: () => "is not true or false" })
      .default(true)
      .describe("keep the DUT as it failed"),
    capture: wordList("capture source", [...CAPTURE_SOURCES]).default(["cmdlog", "error-log", "registers", "smart"]),
  }).prefault({}),
  criteria: z
    .array(criterionBody, { error: () => "is no list of criteria" })
    .max(500)
    .default([]),
});

export const planSchema = mapping("plan", {
  apiVersion: z.literal("assay/v1", {
    error: (issue) => `must be \`assay/v1\`${issue.input === undefined ? "" : `, not ${JSON.stringify(issue.input)}`}`,
  }),
  kind: z.literal("Plan", {
    error: (issue) => `must be \`Plan\`${issue.input === undefined ? "" : `, not ${JSON.stringify(issue.input)}`}`,
  }),
  metadata: mapping("metadata", {
    name: z
      .string({ error: () => "is no name: a text such as `dirty-power-cycle`" })
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
        error: (issue) => `"${issue.input}" is no plan name: lower-case letters, digits and \`-\`, at most 63`,
      }),
    version: z
      .string({ error: () => "is no version: three numbers such as 1.0.0" })
      .regex(/^\d+\.\d+\.\d+$/, { error: (issue) => `"${issue.input}" is no version: three numbers such as 1.0.0` }),
    description: text(2000).default(""),
    owner: text(200).default(""),
  }),
  spec: specSchema,
}).meta({ title: "Assay plan", description: "A test plan for NVMe drives (assay/v1)" });

export type PlanDocument = z.output<typeof planSchema>;
export type CriterionDocument = z.output<typeof criterionBody>;
export type ParameterDocument = z.output<typeof parameterBody>;
