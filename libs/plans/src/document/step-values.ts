/** Values that several kinds of steps have. */
import { z } from "zod";
import { identifier, integer } from "./values";

export const DAY_MS = 86_400_000;
/** Longest time of one step. */
export const MAX_STEP_MS = 400 * DAY_MS;

/** Absent and null mean the same; the document always says null. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullable().default(null as never);
export const stepId = optional(identifier).describe("stable name of the step; needed where something refers to it");
export const nsid = integer({ min: 1, max: 0xfffffffe }).prefault(1).describe("namespace id");

/** `sct/sc` in hexadecimal; success where the author says nothing. */
export const expectedStatus = () =>
  z
    .string({ error: () => 'is no status: write sct/sc in hexadecimal with quotes, for example "00/01"' })
    .regex(/^[0-7]?[0-7]\/[0-9a-fA-F]{2}$/, 'is no status: write sct/sc in hexadecimal, for example "00/01"')
    .default("00/00")
    .describe("the status that must come back, sct/sc in hexadecimal");
