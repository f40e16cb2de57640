/** The gate at the other end: an order's plan is checked again before it touches a drive. */
import { z } from "zod";
import type { Criterion, ParallelStep, RepeatStep, ResolvedPlan, ResolvedStep, StepKind } from "../model";
import { showPath } from "../parse/positions";
import { captureSource, comparison, id, leaves, metricValue, positive, whole } from "./resolved-leaves";

const steps: z.ZodType<ResolvedStep[]> = z.lazy(() => z.array(step).max(500));
const around: { [K in "repeat" | "parallel"]: z.ZodType<RepeatStep | ParallelStep> } = {
  repeat: z.strictObject({ kind: z.literal("repeat"), id, times: positive.max(1_000_000), steps }),
  parallel: z.strictObject({ kind: z.literal("parallel"), id, steps }),
};
const kinds: Record<StepKind, z.ZodType<ResolvedStep>> = { ...leaves, ...around };

/** By the step's own kind, so that a mistake is told where it is and not as "no kind fits". */
const step: z.ZodType<ResolvedStep> = z.unknown().transform((value, ctx): ResolvedStep => {
  const kind = typeof value === "object" && value !== null && "kind" in value ? String(value.kind) : "";
  if (!Object.hasOwn(kinds, kind)) {
    ctx.addIssue({ code: "custom", message: `unknown step kind ${JSON.stringify(kind)}` });
    return z.NEVER;
  }
  const result = kinds[kind as StepKind].safeParse(value);
  if (result.success) return result.data;
  for (const { message, path } of result.error.issues) ctx.addIssue({ code: "custom", message, path });
  return z.NEVER;
});

const criterion: z.ZodType<Criterion> = z.strictObject({
  id,
  each: id.nullable(),
  delta: z.tuple([id, id]).nullable(),
  metrics: z.array(z.string().min(1)).min(1),
  where: z.record(z.string(), metricValue),
  stat: z.enum(["each", "mean", "min", "max", "sum", "count", "p50", "p90", "p99", "last", "first"]),
  comparison,
  requirement: z.string().nullable(),
  onViolation: z.enum(["continue", "stop"]),
  else: z.enum(["failed", "errored"]),
});

const resolvedPlan: z.ZodType<ResolvedPlan> = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  needs: z.strictObject({
    power: z.literal("cut").nullable(),
    lbaBytes: z.array(positive),
    transports: z.array(z.string()),
    minCapacityBytes: whole.nullable(),
  }),
  effects: z.array(z.enum(["writes", "destroys-data", "power-cycles"])),
  isolation: z.enum(["slot", "host"]),
  runTimeoutMs: positive,
  steps,
  finally: steps,
  onFailure: z.strictObject({ hold: z.boolean(), capture: z.array(captureSource) }),
  criteria: z.array(criterion),
});

/** Null for a plan that this version can run as it stands; else one sentence about the first thing that is wrong. */
export function checkResolvedPlan(value: unknown): string | null {
  const result = resolvedPlan.safeParse(value);
  if (result.success) return null;
  const [first, ...others] = result.error.issues;
  const more = others.length ? ` (and ${others.length} more)` : "";
  return `the order's plan is not one that this version can run: ${showPath(first?.path ?? [])}: ${first?.message}${more}`;
}
