/**
 * A step: a mapping with one key, its kind. To add a kind is one schema in step-bodies, one line in the tables here, one
 * binder in resolve, its metrics in the registry, one executor in the runner; the compiler finds what is missing.
 */
import { z } from "zod";
import type { StepKind } from "../model";
import { firmwareBody, ioBody, namespaceBody, sanitizeBody, selfTestBody, zoneBody } from "./drive-step-bodies";
import { NOT_BUILT, NOT_BUILT_YET } from "./not-built";
import {
  adminBody,
  assertBody,
  captureBody,
  formatBody,
  ioworkerBody,
  powerBody,
  resetBody,
  snapshotBody,
  verifyBody,
  waitBody,
} from "./step-bodies";
import { stepId } from "./step-values";
import { suggestion } from "./suggest";
import { integer, mapping } from "./values";

export const MAX_STEPS_PER_LIST = 500;

const leafShape = {
  snapshot: snapshotBody.optional(),
  ioworker: ioworkerBody.optional(),
  verify: verifyBody.optional(),
  assert: assertBody.optional(),
  admin: adminBody.optional(),
  reset: resetBody.optional(),
  format: formatBody.optional(),
  power: powerBody.optional(),
  wait: waitBody.optional(),
  capture: captureBody.optional(),
  io: ioBody.optional(),
  sanitize: sanitizeBody.optional(),
  "self-test": selfTestBody.optional(),
  namespace: namespaceBody.optional(),
  firmware: firmwareBody.optional(),
  zone: zoneBody.optional(),
};

type LeafDocument = z.output<z.ZodObject<typeof leafShape>>;
export interface StepDocument extends LeafDocument {
  repeat?: RepeatDocument;
  parallel?: ParallelDocument;
}
export interface RepeatDocument {
  id: string | null;
  times: z.output<typeof repeatTimes>;
  steps: StepDocument[];
}
export interface ParallelDocument {
  id: string | null;
  steps: StepDocument[];
}

const repeatTimes = integer({ min: 1, max: 1_000_000 }).describe("how often");

export const stepSchema: z.ZodType<StepDocument, unknown> = z
  .lazy(() => stepMapping)
  .meta({
    id: "step",
    description: "one step: a mapping with exactly one key, the step's kind",
    minProperties: 1,
    maxProperties: 1,
  });

export const stepList: z.ZodType<StepDocument[], unknown> = z
  .array(stepSchema, {
    error: (issue) =>
      issue.input === undefined ? "is missing: a list of steps" : "is no list of steps: begin each step with `- `",
  })
  .max(MAX_STEPS_PER_LIST);

const someSteps = stepList.refine((steps) => steps.length > 0, "is empty: at least one step");

export const repeatBody = mapping("repeat", { id: stepId, times: repeatTimes, steps: someSteps }).describe(
  "Runs its steps again and again; criteria can judge each iteration.",
);

/** `parallel: [..]` is short for `parallel: {steps: [..]}`. */
const parallelMapping = mapping("parallel", { id: stepId, steps: someSteps }).describe(
  "Runs its steps side by side and ends with the last; `parallel: [..]` is short for `parallel: {steps: [..]}`.",
);
export const parallelBody = z.preprocess((input) => (Array.isArray(input) ? { steps: input } : input), parallelMapping);

const stepShape = { ...leafShape, repeat: repeatBody.optional(), parallel: parallelBody.optional() };

/** The keys of each kind with their schemas. */
export const STEP_BODIES = {
  snapshot: snapshotBody.shape,
  ioworker: ioworkerBody.shape,
  verify: verifyBody.shape,
  assert: assertBody.shape,
  admin: adminBody.shape,
  reset: resetBody.shape,
  format: formatBody.shape,
  power: powerBody.shape,
  wait: waitBody.shape,
  capture: captureBody.shape,
  io: ioBody.shape,
  sanitize: sanitizeBody.shape,
  "self-test": selfTestBody.shape,
  namespace: namespaceBody.shape,
  firmware: firmwareBody.shape,
  zone: zoneBody.shape,
  repeat: repeatBody.shape,
  parallel: parallelMapping.shape,
} satisfies Record<StepKind, z.ZodRawShape>;
export const STEP_KINDS = Object.keys(stepShape) as StepKind[];

export const ONE_KIND = "a step is a mapping with exactly one key, its kind; begin each step with `- `";

const stepMapping: z.ZodType<StepDocument, unknown> = z
  .strictObject(stepShape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys")
        return `is no step: a step is a mapping with one key, its kind (${STEP_KINDS.join(", ")})`;
      return (issue as unknown as { keys: string[] }).keys.map(unknownStep).join("\n");
    },
  })
  .refine((step) => Object.keys(step).length === 1, {
    error: ONE_KIND,
  });

function unknownStep(kind: string): string {
  if ((NOT_BUILT.steps as readonly string[]).includes(kind)) return `step \`${kind}\` ${NOT_BUILT_YET}`;
  return `unknown step \`${kind}\`${suggestion(kind, STEP_KINDS)}`;
}
