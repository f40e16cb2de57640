export { changeLimits, type LimitChange } from "./criteria/change-limits";
export { demand, holds } from "./criteria/compare";
export {
  EVALUATOR_VERSION,
  type EvaluationContext,
  evaluateCriteria,
  evaluateIteration,
  evaluationContext,
  mustStop,
} from "./criteria/evaluate";
export { type FinishedOutcome, type RunVerdict, type VerdictInput, verdictOf } from "./criteria/verdict";
export { jsonSchema } from "./document/json-schema";
export { type PlanDocument, SCHEMA_VERSION } from "./document/plan";
export { languageReference } from "./document/reference";
export { contentHash, resolvedHash, sourceHash, stimulusHash } from "./hashes";
export { type DrawKey, drawLate, randomSeedFor } from "./late";
export * from "./metrics";
export * from "./model";
export { parsePlan } from "./parse/parse";
export { type StepPlace, stepPlaces } from "./places";
export type { ParameterValues } from "./resolve/bindings";
export { checkResolvedPlan } from "./resolve/check-resolved";
export { unmetNeeds } from "./resolve/needs";
export { type ResolveContext, resolvePlan } from "./resolve/resolve";
export { parseSheet, type SheetDocument } from "./sheet/sheet";
export { adminEffect, stepEffect } from "./step-effects";
