/** The JSON Schema for editors, generated from the zod schemas: what an author may write, not what parse makes of it. */
import { z } from "zod";
import { planSchema } from "./plan";

export const JSON_SCHEMA_ID = "https://assay.invalid/schema/plan-v1.json";

/** JSON Schema, draft 2020-12. References between keys are beyond it: `parsePlan` checks those. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(planSchema, { io: "input", target: "draft-2020-12" });
  return { $id: JSON_SCHEMA_ID, ...schema };
}
