export { type PlanDocument, SCHEMA_VERSION } from "./document/plan";
export { contentHash, resolvedHash, sourceHash, stimulusHash } from "./hashes";
export * from "./metrics";
export * from "./model";
export { parsePlan } from "./parse/parse";
export type { ParameterValues } from "./resolve/bindings";
export { unmetNeeds } from "./resolve/needs";
export { type ResolveContext, resolvePlan } from "./resolve/resolve";
