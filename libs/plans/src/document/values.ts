/**
 * Values as an author writes them: a literal with its unit, or a reference (`$param`, `$dut.x`, `$sheet.x`).
 * A parsed value is a number, text or flag in base units, or a `Reference` that `resolve` binds.
 */
import { z } from "zod";
import { NOT_BUILT_YET, notBuiltKeys, notBuiltWords } from "./not-built";
import { suggestion } from "./suggest";
import {
  type Dimension,
  EXAMPLES,
  LITERAL_PATTERNS,
  readAnyLiteral,
  readLiteral,
  showQuantity,
  type UnitDimension,
} from "./units";

/** What stands for a value until the plan meets a DUT. */
export interface Reference {
  reference: { source: "param" | "dut" | "sheet"; name: string };
  /** What must stand here; `any` where the reference itself decides. */
  dimension: Dimension | "any";
  /** Bounds of the place, in base units; checked when the value is bound. */
  limits: Limits;
}
export type Bound<T> = T | Reference;

export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "reference" in value && "dimension" in value;
}

const REFERENCE = /^\$(?:(dut|sheet|steps)\.([A-Za-z][\w.-]*)|([A-Za-z][A-Za-z0-9_]*))$/;
const REFERENCE_PATTERN = "^\\$[A-Za-z]";

export interface Limits {
  min?: number;
  max?: number;
  /** Whole base units only. */
  whole?: boolean;
}

/** A text that begins with `$` as a Reference, or the reason why it is none. */
export function readReference(text: string, dimension: Dimension | "any", limits: Limits = {}): Reference | string {
  const match = REFERENCE.exec(text);
  if (!match) return `\`${text}\` is no reference; allowed: $parameter, $dut.<fact>, $sheet.<entry>`;
  if (match[1] === "steps") return `\`${text}\`: a value of an earlier step ${NOT_BUILT_YET}`;
  const source = (match[1] ?? "param") as "param" | "dut" | "sheet";
  return { reference: { source, name: (match[2] ?? match[3])! }, dimension, limits };
}

function show(input: unknown): string {
  return typeof input === "string" ? `"${input}"` : JSON.stringify(input);
}

/** Message for a value that is no literal of the dimension. */
export function notA(dimension: Dimension, input: unknown): string {
  if (input === undefined) return `is missing: ${EXAMPLES[dimension]}`;
  const bare = typeof input === "number" || (typeof input === "string" && /^\d+(\.\d+)?$/.test(input));
  const unit = { duration: "ms", size: "B", rate: "MB/s", percent: "%" }[dimension as UnitDimension];
  if (bare && unit) return `${input} has no unit: write ${EXAMPLES[dimension]} (did you mean ${input}${unit}?)`;
  return `${show(input)} is not ${EXAMPLES[dimension]}`;
}

/** The sentence that says why a bound value is out of its place's limits, or null. */
export function checkLimits(dimension: Dimension, value: number, limits: Limits, written?: string): string | null {
  const show = (bound: number) => showQuantity(dimension, bound);
  const shown = written ?? show(value);
  if (limits.whole && !Number.isInteger(value))
    return `${shown} is not whole: whole ${dimension === "duration" ? "milliseconds" : "numbers"} only`;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = limits;
  if (value >= min && value <= max) return null;
  const range = max === Number.MAX_SAFE_INTEGER ? `at least ${show(min)}` : `${show(min)} to ${show(max)}`;
  return `${shown} is out of range: ${range}`;
}

/** A quantity with a unit. */
function quantity(dimension: UnitDimension, limits: Limits) {
  return z
    .string({ error: (issue) => notA(dimension, issue.input) })
    .meta({ pattern: `${LITERAL_PATTERNS[dimension]}|${REFERENCE_PATTERN}`, description: EXAMPLES[dimension] })
    .transform((text, ctx): Bound<number> => {
      const fail = (message: string) => {
        ctx.addIssue({ code: "custom", message });
        return z.NEVER;
      };
      if (text.startsWith("$")) {
        const reference = readReference(text, dimension, limits);
        return typeof reference === "string" ? fail(reference) : reference;
      }
      const value = readLiteral(dimension, text);
      if (value === null) return fail(notA(dimension, text));
      const outside = checkLimits(dimension, value, limits, text);
      return outside ? fail(outside) : value;
    });
}

export const duration = (limits: Limits = {}) => quantity("duration", { whole: true, ...limits });
export const size = (limits: Limits = {}) => quantity("size", limits);
export const percent = (limits: Limits = { max: 100 }) => quantity("percent", limits);

/** A whole number; `hex` also takes "0x7f" as a text (YAML reads a bare 0x7f as a number by itself). */
export function integer(limits: Limits = {}) {
  return z
    .union([z.number(), z.string().regex(/^(\$[A-Za-z]|0x[0-9a-fA-F]+$)/)], {
      error: (issue) => notA("integer", issue.input),
    })
    .meta({
      anyOf: [
        { type: "integer", minimum: limits.min ?? 0, ...(limits.max === undefined ? {} : { maximum: limits.max }) },
        { type: "string", pattern: "^(0x[0-9a-fA-F]+$|\\$[A-Za-z])" },
      ],
    })
    .transform((input, ctx): Bound<number> => {
      const fail = (message: string) => {
        ctx.addIssue({ code: "custom", message });
        return z.NEVER;
      };
      if (typeof input === "string" && input.startsWith("$")) {
        const reference = readReference(input, "integer", { whole: true, ...limits });
        return typeof reference === "string" ? fail(reference) : reference;
      }
      const value = Number(input);
      if (!Number.isInteger(value)) return fail(notA("integer", input));
      const outside = checkLimits("integer", value, limits);
      return outside ? fail(outside) : value;
    });
}

/** true, false or a reference. */
export function flag() {
  return z
    .union([z.boolean(), z.string().regex(/^\$[A-Za-z]/)], { error: (issue) => notA("boolean", issue.input) })
    .transform((input, ctx): Bound<boolean> => {
      if (typeof input === "boolean") return input;
      const reference = readReference(input, "boolean");
      if (typeof reference !== "string") return reference;
      ctx.addIssue({ code: "custom", message: reference });
      return z.NEVER;
    });
}

/** A text of a certain form, or a reference to a text. `what` is told where it has another form. */
export function word(pattern: RegExp, what: string) {
  return z
    .string({
      error: (issue) => (issue.input === undefined ? `is missing: ${what}` : `${show(issue.input)} is not ${what}`),
    })
    .transform((input, ctx): Bound<string> => {
      const read = input.startsWith("$") ? readReference(input, "string") : pattern.test(input) ? input : null;
      if (read !== null && (typeof read !== "string" || read === input)) return read;
      ctx.addIssue({ code: "custom", message: read ?? `${show(input)} is not ${what}` });
      return z.NEVER;
    });
}

/** What a measured value is compared with: a literal of any unit, a bare number, a text, a flag or a reference. */
export interface Limit {
  value: number | string | boolean;
  dimension: Dimension;
}

export function limit() {
  return z
    .union([z.string(), z.number(), z.boolean()], {
      error: (issue) => `${show(issue.input)} is no value to compare with`,
    })
    .transform((input, ctx): Limit | Reference => {
      if (typeof input === "number") return { value: input, dimension: "number" };
      if (typeof input === "boolean") return { value: input, dimension: "boolean" };
      if (!input.startsWith("$")) return readAnyLiteral(input) ?? { value: input, dimension: "string" };
      const reference = readReference(input, "any");
      if (typeof reference !== "string") return reference;
      ctx.addIssue({ code: "custom", message: reference });
      return z.NEVER;
    });
}

/** One of a closed list of words; words of the plan format that are not built are refused by name. */
export function oneOf<const T extends [string, ...string[]]>(what: string, words: T) {
  return z.enum(words, {
    error: (issue) => {
      if (typeof issue.input !== "string")
        return issue.input === undefined
          ? `is missing: ${words.join(", ")}`
          : `${show(issue.input)} is no ${what}; allowed: ${words.join(", ")}`;
      if (notBuiltWords(what).includes(issue.input))
        return `${what} \`${issue.input}\` ${NOT_BUILT_YET}; allowed: ${words.join(", ")}`;
      return `unknown ${what} \`${issue.input}\`${suggestion(issue.input, words)}`;
    },
  });
}

/** A mapping with a closed set of keys; one line of the message per unknown key, in the order of `issue.keys`. */
export function mapping<S extends z.ZodRawShape>(what: string, shape: S) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys")
        return issue.input === undefined
          ? "is missing"
          : `${show(issue.input)} is no mapping: ${what} takes keys (${Object.keys(shape).join(", ")})`;
      return (issue as unknown as { keys: string[] }).keys
        .map((key) => unknownKey(what, key, Object.keys(shape)))
        .join("\n");
    },
  });
}

function unknownKey(what: string, key: string, allowed: string[]): string {
  if (notBuiltKeys(what).includes(key)) return `\`${key}\` of ${what} ${NOT_BUILT_YET}`;
  return `unknown key \`${key}\` in ${what}${suggestion(key, allowed)}`;
}

/** Ids stand in paths (`cut/io`) and in metric names (`io.iops`): letters, digits, `-`, `_`. */
export const identifier = z
  .string({
    error: (issue) =>
      issue.input === undefined
        ? "is missing: an id such as `check`"
        : `${show(issue.input)} is no id: a text such as \`check\``,
  })
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, {
    error: (issue) => `${show(issue.input)} is no id: a letter, then letters, digits, \`-\` or \`_\`, at most 64`,
  });

/** A free text of at most `max` characters. */
export const text = (max: number) =>
  z
    .string({
      error: (issue) => (issue.input === undefined ? "is missing: a text" : `${show(issue.input)} is not a text`),
    })
    .max(max);
