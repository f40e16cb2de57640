/** Values that need more than one literal: seeded random durations, I/O size mixes, regions. */
import { z } from "zod";
import { EXAMPLES, LITERAL_PATTERNS, showQuantity } from "./units";
import { type Bound, duration, isReference, notA, size } from "./values";

export interface RandomDuration {
  random: [Bound<number>, Bound<number>];
}

type Add = (message: string, path: PropertyKey[]) => void;

/** Parses with a schema inside a transform: issues keep their place below `path`. */
function inner<T>(schema: z.ZodType<T>, input: unknown, path: PropertyKey[], add: Add): T | undefined {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) add(issue.message, [...path, ...issue.path]);
  return undefined;
}

const durationText = { type: "string", pattern: `${LITERAL_PATTERNS.duration}|^\\$[A-Za-z]` } as const;
const sizeText = { type: "string", pattern: `${LITERAL_PATTERNS.size}|^\\$[A-Za-z]` } as const;

/** A duration, or `{random: [from, to]}` drawn with the run's seed each time the step comes up. */
export function lateDuration() {
  return z
    .unknown()
    .meta({
      description: `${EXAMPLES.duration}, or {random: [from, to]}`,
      anyOf: [
        durationText,
        {
          type: "object",
          properties: {
            random: { type: "array", prefixItems: [durationText, durationText], minItems: 2, maxItems: 2 },
          },
          required: ["random"],
          additionalProperties: false,
        },
      ],
    })
    .transform((input, ctx): Bound<number> | RandomDuration => {
      const add: Add = (message, path) => ctx.addIssue({ code: "custom", message, path });
      if (typeof input !== "object" || input === null) return inner(duration(), input, [], add) ?? z.NEVER;
      const { random, ...others } = input as { random?: unknown };
      for (const key of Object.keys(others)) add(`unknown key \`${key}\` in a random duration; allowed: random`, [key]);
      if (!Array.isArray(random) || random.length !== 2) {
        add("a random duration is {random: [from, to]}, for example {random: [10ms, 10s]}", []);
        return z.NEVER;
      }
      const from = inner(duration(), random[0], ["random", 0], add);
      const to = inner(duration(), random[1], ["random", 1], add);
      if (from === undefined || to === undefined) return z.NEVER;
      if (!isReference(from) && !isReference(to) && from > to)
        add(
          `${showQuantity("duration", from)} comes after ${showQuantity("duration", to)}: write the shorter one first`,
          ["random"],
        );
      return { random: [from, to] };
    });
}

export type SizeMix = { bytes: number; weight: number }[];

/** One I/O size, or sizes with weights: `{4KiB: 70, 64KiB: 30}`. */
export function ioSize() {
  const one = size({ min: 512, max: 64 * 2 ** 20 });
  return z
    .unknown()
    .meta({
      description: "bytes of one I/O, or sizes with weights such as {4KiB: 70, 64KiB: 30}",
      anyOf: [
        sizeText,
        {
          type: "object",
          propertyNames: { pattern: LITERAL_PATTERNS.size },
          additionalProperties: { type: "integer", minimum: 1, maximum: 10_000 },
          minProperties: 1,
          maxProperties: 64,
        },
      ],
    })
    .transform((input, ctx): Bound<number> | SizeMix => {
      const add: Add = (message, path) => ctx.addIssue({ code: "custom", message, path });
      if (typeof input !== "object" || input === null || Array.isArray(input))
        return inner(one, input, [], add) ?? z.NEVER;
      const mix: SizeMix = [];
      for (const [key, weight] of Object.entries(input)) {
        const bytes = inner(one, key, [key], add);
        if (!Number.isInteger(weight) || weight < 1 || weight > 10_000)
          add(`${notA("integer", weight)}: a weight is 1 to 10000`, [key]);
        else if (isReference(bytes)) add("sizes of a mix are written out, not referred to", [key]);
        else if (bytes !== undefined) mix.push({ bytes, weight });
      }
      const count = Object.keys(input).length;
      if (count < 1 || count > 64) add("a mix has 1 to 64 sizes", []);
      return mix.sort((a, b) => a.bytes - b.bytes);
    });
}

export type Region = "all" | Bound<number> | { percent: number };

/** `all`, a size, or a share of the DUT's capacity. */
export function region() {
  return z
    .string({ error: (issue) => notA("size", issue.input) })
    .meta({
      pattern: `^all$|${LITERAL_PATTERNS.size}|${LITERAL_PATTERNS.percent}|^\\$[A-Za-z]`,
      description: "`all`, a size such as 128GB, or a share of the capacity such as 10%",
    })
    .transform((input, ctx): Region => {
      const add: Add = (message, path) => ctx.addIssue({ code: "custom", message, path });
      if (input === "all") return "all";
      const share = /^(\d+(?:\.\d+)?) ?%$/.exec(input);
      if (!share) return inner(size({ min: 512 }), input, [], add) ?? z.NEVER;
      const value = Number(share[1]);
      if (value > 0 && value <= 100) return { percent: value };
      add(`${value}% is out of range: more than 0% and at most 100%`, []);
      return z.NEVER;
    });
}
