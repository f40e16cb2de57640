/**
 * What a run says. The runner numbers and journals every event (from 1, no gap); after the runner's death the agent
 * appends the last one, `ended`. `ingest` accepts exactly the next number and stores each event once (promise 4).
 */
import { z } from "zod";
import { attributionSchema, bigCount, epochMs, identitySchema, verdictSchema } from "./words";

/** Longest batch of one HTTP request. */
export const MAX_EVENTS_PER_BATCH = 1000;
/** Largest event on the wire, bytes of JSON. */
export const MAX_EVENT_BYTES = 512 * 1024;

const metricValue = z.union([z.number(), z.boolean(), z.string()]);
const labels = z.record(z.string(), metricValue);
/** Where in the plan: step ids joined by `/`, and the zero-based iteration of each enclosing repeat. */
const place = { path: z.string(), iteration: z.array(z.number().int().nonnegative()).max(8) };
const sparse = z.array(z.tuple([z.number().int().nonnegative(), z.number().int().positive()]));

/** One ioworker over one interval: scalars only. */
export const sampleSchema = z.object({
  worker: z.number().int().nonnegative(),
  /** Zero-based number of the interval since the worker's start; a stall yields intervals with zero I/Os. */
  interval: z.number().int().nonnegative(),
  intervalMs: z.number().int().positive(),
  /** Agent time of the interval's end. */
  atMs: epochMs,
  reads: z.number().int().nonnegative(),
  writes: z.number().int().nonnegative(),
  others: z.number().int().nonnegative(),
  readBytes: z.number().int().nonnegative(),
  writeBytes: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  latencyAverageNs: z.number().nonnegative(),
  latencyMaxNs: z.number().nonnegative(),
});
export type Sample = z.infer<typeof sampleSchema>;

/** A sector that is not what it must be. Big integers as decimal strings; bytes as hex, at most 64 bytes. */
export const miscompareSchema = z.object({
  nsid: z.number().int(),
  lba: bigCount,
  kind: z.enum([
    "bit-error",
    "wrong-lba",
    "stale-version",
    "torn-write",
    "unexpected-zeroes",
    "unexpected-data",
    "uncorrectable",
    "lost-write",
    "protection-information",
  ]),
  /** Offset in the sector of the first differing byte; null where the whole sector differs. */
  byteOffset: z.number().int().nullable(),
  expectedToken: bigCount.nullable(),
  gotToken: bigCount.nullable(),
  expectedLba: bigCount.nullable(),
  gotLba: bigCount.nullable(),
  expected: z
    .string()
    .regex(/^[0-9a-f]*$/)
    .max(128),
  got: z
    .string()
    .regex(/^[0-9a-f]*$/)
    .max(128),
});
export type Miscompare = z.infer<typeof miscompareSchema>;

export const eventBodySchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("started"),
    agentVersion: z.string(),
    driverVersion: z.string(),
    /** `model`, or the SPDK release. */
    hostImplementation: z.string(),
    kernel: z.string(),
    bootId: z.string(),
    /** CLOCK_BOOTTIME at the start, ns. */
    boottimeNs: bigCount,
    pid: z.number().int(),
    seed: z.string(),
  }),
  z.object({
    type: z.literal("identity"),
    moment: z.enum(["open", "reset", "power-on", "before-effect", "end"]),
    identity: identitySchema,
    matches: z.boolean(),
    namespaces: z.array(
      z.object({
        nsid: z.number().int(),
        lbaBytes: z.number().int(),
        metadataBytes: z.number().int(),
        lbaCount: bigCount,
      }),
    ),
  }),
  z.object({ type: z.literal("refused"), by: z.literal("guard"), rule: z.string(), reason: z.string() }),
  z.object({ type: z.literal("step-started"), ...place, kind: z.string() }),
  /** Promise 5: intent before, outcome after. `witness` is what stands outside the drive. */
  z.object({ type: z.literal("effect-intent"), ...place, effect: z.string(), detail: labels }),
  z.object({
    type: z.literal("effect-outcome"),
    ...place,
    effect: z.string(),
    ok: z.boolean(),
    detail: labels,
    witness: z.string().nullable(),
  }),
  z.object({
    type: z.literal("step-finished"),
    ...place,
    kind: z.string(),
    /** `ok`: did what it says; `failed`: the drive broke a rule; `errored`: could not be carried out; `skipped`. */
    outcome: z.enum(["ok", "failed", "errored", "skipped"]),
    reason: z.string().nullable(),
    durationMs: z.number().nonnegative(),
  }),
  /** Numbers by which criteria judge. Names without the step's path, for example `iops`. */
  z.object({ type: z.literal("metrics"), ...place, values: z.record(z.string(), metricValue), labels }),
  z.object({ type: z.literal("samples"), ...place, samples: z.array(sampleSchema).min(1).max(1000) }),
  /** Latency counts since the last histogram event of the same worker and opcode class. */
  z.object({
    type: z.literal("histogram"),
    ...place,
    worker: z.number().int(),
    operation: z.enum(["read", "write", "other"]),
    fromMs: epochMs,
    toMs: epochMs,
    buckets: sparse,
  }),
  z.object({ type: z.literal("snapshot"), ...place, of: z.string(), fields: labels, raw: z.string().nullable() }),
  z.object({ type: z.literal("miscompare"), ...place, ...miscompareSchema.shape }),
  /** A status that nobody asked for; counted, first one with its command. */
  z.object({
    type: z.literal("status"),
    ...place,
    opcode: z.number().int(),
    sct: z.number().int(),
    sc: z.number().int(),
    count: z.number().int().positive(),
    firstMs: epochMs,
    lastMs: epochMs,
  }),
  /**
   * The drive stands still since the error of this command (a worker with `onError: freeze`). Nothing is sent to it until
   * `released`; the runner is parked meanwhile.
   */
  z.object({
    type: z.literal("frozen"),
    ...place,
    worker: z.number().int().nonnegative(),
    nsid: z.number().int(),
    opcode: z.number().int(),
    sct: z.number().int(),
    sc: z.number().int(),
    slba: bigCount,
    lbaCount: z.number().int().nonnegative(),
    /** When it is let go by itself, agent time. */
    untilMs: epochMs,
  }),
  /** The frozen drive was let go: an operator asked, or the plan's longest time was over. */
  z.object({
    type: z.literal("released"),
    ...place,
    by: z.enum(["operator", "time-limit"]),
    frozenMs: z.number().nonnegative(),
  }),
  z.object({ type: z.literal("log"), level: z.enum(["debug", "info", "warn", "error"]), text: z.string().max(8192) }),
  /** The runner's own reading of a criterion, so that it can capture in time; the stored verdict is the orchestrator's. */
  z.object({
    type: z.literal("criterion"),
    id: z.string(),
    iteration: z.number().int().nullable(),
    outcome: z.enum(["passed", "failed", "errored"]),
    reason: z.string(),
  }),
  z.object({ type: z.literal("capture"), of: z.string(), fields: labels, raw: z.string().nullable() }),
  z.object({
    type: z.literal("exposure"),
    poweredMs: z.number().nonnegative(),
    readBytes: bigCount,
    writtenBytes: bigCount,
    powerCycles: z.number().int(),
    resets: z.number().int(),
  }),
  /** The runner has done all it will do. */
  z.object({
    type: z.literal("finished"),
    outcome: z.enum(["completed", "failed", "errored", "cancelled", "deadline"]),
    reason: z.string().nullable(),
    /** Whom the runner suspects, with the rule that says so. */
    attribution: z
      .object({ cause: attributionSchema, rule: z.string(), confidence: z.number().min(0).max(1) })
      .nullable(),
  }),
  /** Days of silence were longer than the spool: what was shed, and which numbers it had. */
  z.object({
    type: z.literal("gap"),
    fromSeq: z.number().int(),
    toSeq: z.number().int(),
    shed: z.string(),
    reason: z.string(),
  }),
  /** Written by the agent, always last: the runner is known dead, the slot is free to be leased. */
  z.object({
    type: z.literal("ended"),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    cause: z.enum(["finished", "crashed", "killed-deadline", "killed-revoked", "never-started", "lost-at-boot"]),
    detail: z.string().nullable(),
  }),
]);
export type EventBody = z.infer<typeof eventBodySchema>;
export type EventType = EventBody["type"];

export const eventSchema = z.object({
  seq: z.number().int().positive(),
  /** Agent time. */
  atMs: epochMs,
  body: eventBodySchema,
});
export type RunEvent = z.infer<typeof eventSchema>;

export const verdictWithReason = z.object({ verdict: verdictSchema, reason: z.string() });
