/** What only an ioworker takes: shares of operations, steps, distributions, patterns, sequences. */
import { z } from "zod";
import type { WorkerOperation } from "../model";
import { LITERAL_PATTERNS } from "./units";
import { type Bound, duration, integer, isReference, mapping, oneOf, percent, size } from "./values";

/** Commands of the NVM command set that a worker sends. */
export const OPERATIONS = [
  "read",
  "write",
  "flush",
  "compare",
  "verify",
  "writeZeroes",
  "writeUncorrectable",
  "deallocate",
] as const satisfies WorkerOperation[];

const operationWord = () => oneOf("operation", [...OPERATIONS]);
const share = () => percent({ min: 1, max: 100, whole: true });

/** `{read: 60%, write: 30%, deallocate: 10%}`: whole percentages that add up to 100%. */
export function operationShares() {
  return z
    .partialRecord(operationWord(), share(), {
      error: (issue) => (issue.code === "invalid_type" ? "is no mapping: write {read: 60%, write: 40%}" : undefined),
    })
    .transform((shares, ctx) => {
      const list = OPERATIONS.flatMap((operation) => {
        const value = shares[operation];
        return value === undefined ? [] : [{ operation, percent: value }];
      });
      const sum = list.reduce((total, one) => total + (isReference(one.percent) ? Number.NaN : one.percent), 0);
      if (!Number.isNaN(sum) && sum !== 100)
        ctx.addIssue({ code: "custom", message: `the shares add up to ${sum}%, they must add up to 100%` });
      return list;
    });
}

const STEP_PATTERN = `^-?${LITERAL_PATTERNS.size.slice(1)}`;

/** A size that may be negative or nothing: from one sequential I/O's place to the next. */
export function signedSize() {
  return z
    .string({ error: () => "is no step: a size such as 8KiB, 0B or -4KiB" })
    .meta({ pattern: STEP_PATTERN, description: "a size such as 8KiB, 0B or -4KiB" })
    .transform((text, ctx): number => {
      const down = text.startsWith("-");
      const parsed = size().safeParse(down ? text.slice(1) : text);
      if (parsed.success && !isReference(parsed.data)) return down ? -parsed.data : parsed.data;
      ctx.addIssue({ code: "custom", message: `"${text}" is no step: a size such as 8KiB, 0B or -4KiB` });
      return z.NEVER;
    });
}

export interface Zone {
  region: Bound<number>;
  share: Bound<number>;
}

/** `[{region: 5%, share: 50%}, ...]` from the region's start on: how many of the I/Os fall into which part of it. */
export function zones() {
  const zone = mapping("distribution", {
    region: percent({ min: 1, max: 100, whole: true }).describe("part of the region, whole percent"),
    share: percent({ max: 100 }).describe("share of the I/Os that fall into it"),
  });
  return z
    .array(zone, { error: () => "is no list: write [{region: 20%, share: 80%}, {region: 80%, share: 20%}]" })
    .min(1)
    .max(100)
    .transform((list, ctx): Zone[] => {
      for (const key of ["region", "share"] as const) {
        const sum = list.reduce((total, one) => total + (isReference(one[key]) ? Number.NaN : (one[key] as number)), 0);
        if (!Number.isNaN(sum) && Math.abs(sum - 100) > 1e-9)
          ctx.addIssue({ code: "custom", message: `the ${key}s add up to ${sum}%, they must add up to 100%` });
      }
      return list;
    });
}

export const patternBody = () =>
  mapping("pattern", {
    kind: oneOf("pattern", ["constant", "random"]),
    value: integer({ max: 0xffffffff }).nullable().default(null).describe("of `constant`: a 32-bit word"),
    compress: percent({ max: 100, whole: true })
      .nullable()
      .default(null)
      .describe("of `random`: so much of each sector is zeroes"),
  });

/** Commands of one replay in a plan's own text. */
export const MAX_SEQUENCE = 10_000;

export const sequenceBody = () =>
  z
    .array(
      mapping("sequence", {
        at: duration({ whole: false }).describe("from the worker's start; never before the command in front of it"),
        operation: operationWord(),
        lba: integer().prefault(0),
        count: integer({ min: 1, max: 65_536 }).prefault(1).describe("LBAs"),
      }),
      { error: () => "is no list of commands: write [{at: 0ms, operation: write, lba: 0, count: 8}, ...]" },
    )
    .min(1)
    .max(MAX_SEQUENCE)
    .superRefine((list, ctx) => {
      list.forEach(({ at }, n) => {
        const before = list[n - 1]?.at;
        if (before !== undefined && !isReference(at) && !isReference(before) && at < before)
          ctx.addIssue({ code: "custom", message: "is before the command in front of it", path: [n, "at"] });
      });
    });
