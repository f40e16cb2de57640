/**
 * The hashes of a plan. `sourceHash`: the bytes the author wrote. `contentHash`: the meaning, with defaults, unbound,
 * plus the schema version; comments, formatting and key order never change it. `resolvedHash`: bound to one DUT.
 * `stimulusHash`: only what reaches the drive, so that runs with other limits or another name stay comparable.
 */
import { canonicalJson, sha256 } from "./canonical";
import { type PlanDocument, SCHEMA_VERSION } from "./document/plan";
import { isReference } from "./document/values";
import type { ResolvedPlan, ResolvedStep } from "./model";

export function sourceHash(source: string | Uint8Array): string {
  return sha256(source);
}

export function contentHash(plan: PlanDocument): string {
  return sha256(canonicalJson({ schemaVersion: SCHEMA_VERSION, plan: withoutLimits(plan) }));
}

export function resolvedHash(plan: ResolvedPlan): string {
  return sha256(canonicalJson({ schemaVersion: SCHEMA_VERSION, plan }));
}

export function stimulusHash(plan: ResolvedPlan): string {
  const steps = plan.steps.flatMap(stimulus);
  return sha256(canonicalJson({ schemaVersion: SCHEMA_VERSION, steps, finally: plan.finally.flatMap(stimulus) }));
}

/** A step without what only judges or records. Ids stay: seeded draws and worker seeds are keyed by them. */
function stimulus(step: ResolvedStep): unknown[] {
  switch (step.kind) {
    case "assert":
    case "capture":
      return [];
    case "repeat":
    case "parallel":
      return [{ ...step, steps: step.steps.flatMap(stimulus) }];
    case "admin":
      return [without(step, "expect")];
    case "ioworker":
      return [without(without(step, "sampleMs"), "freezeMs")];
    case "reset":
    case "power":
      return [without(step, "readyWithinMs")];
    default:
      return [step];
  }
}

function without<T extends object, K extends keyof T & string>(step: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = step;
  return rest;
}

/** Bounds of a place are the schema's, not the author's: they stay out of the hash. */
function withoutLimits(value: unknown): unknown {
  if (isReference(value)) return { reference: value.reference, dimension: value.dimension };
  if (Array.isArray(value)) return value.map(withoutLimits);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutLimits(member)]));
}
