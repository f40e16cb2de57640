/** The JSON Schema for editors, generated from the zod schemas: what an author may write, not what parse makes of it. */
import { z } from "zod";
import { planSchema } from "./plan";

export const JSON_SCHEMA_ID = "https://assay.invalid/schema/plan-v1.json";

/** A JSON Schema, as far as this library looks into one. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  pattern?: string;
  enum?: string[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  required?: string[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** JSON Schema, draft 2020-12. Rules between keys are beyond it: `parsePlan` checks those. */
export function jsonSchema(): JsonSchema & { $id: string } {
  const schema = z.toJSONSchema(planSchema, { io: "input", target: "draft-2020-12" }) as JsonSchema;
  const kinds = schema.$defs?.step?.properties;
  if (!kinds?.parallel) throw new Error("the schema has lost its steps");
  const { description, ...long } = kinds.parallel;
  kinds.parallel = { description, anyOf: [{ type: "array", items: { $ref: "#/$defs/step" } }, long] };
  return { $id: JSON_SCHEMA_ID, ...schema };
}
