/** The HTTP shapes of what runs measured. */
import { z } from "zod";

const value = z.union([z.number(), z.boolean(), z.string()]);
const place = { path: z.string(), iteration: z.array(z.number().int()) };
const numbers = z.array(z.number());

export const metricView = z.object({
  seq: z.number().int().describe("of the event that carried it"),
  atMs: z.number().describe("agent's time"),
  ...place,
  metric: z.string(),
  value,
  labels: z.record(z.string(), value),
});

export const sampleView = z
  .object({
    seq: z.number().int(),
    worker: z.number().int(),
    ...place,
    interval: numbers.describe("zero-based numbers of the intervals since the worker's start"),
    intervalMs: numbers,
    atMs: numbers.describe("agent's time at the end of each interval"),
    ...{ reads: numbers, writes: numbers, others: numbers, readBytes: numbers, writeBytes: numbers, errors: numbers },
    latencyAverageNs: numbers,
    latencyMaxNs: numbers,
  })
  .describe("one ioworker, arrays of equal length");

const ns = z.number().nullable();
export const latencyView = z.object({
  path: z.string(),
  operation: z.enum(["read", "write", "other"]),
  workers: z.number().int(),
  count: z.number().describe("commands"),
  ...{ fromMs: z.number(), toMs: z.number() },
  percentilesNs: z
    .object({ p50: ns, p90: ns, p99: ns, p99_9: ns, p99_99: ns, p100: ns })
    .describe("upper ends of their buckets: never flattering, at most 1 % too high"),
  buckets: z
    .array(z.object({ fromNs: z.number(), toNs: z.number().describe("inclusive"), count: z.number() }))
    .describe("empty ones are left out"),
});

export const snapshotView = z.object({
  seq: z.number().int(),
  atMs: z.number().describe("agent's time"),
  kind: z.enum(["snapshot", "capture"]),
  ...place,
  of: z.string().describe("what was read, for example smart"),
  fields: z.record(z.string(), value),
  raw: z.string().nullable().describe("the page as it was read; null unless it was asked for"),
});

export const rollupView = z
  .object({
    minute: z.iso.datetime().describe("agent's time"),
    path: z.string(),
    worker: z.number().int(),
    intervalMs: z.number().describe("that were sampled"),
    ...{ reads: z.number(), writes: z.number(), others: z.number(), readBytes: z.number(), writeBytes: z.number() },
    errors: z.number(),
    latencyAverageNs: z.number().nullable(),
    latencyMaxNs: z.number(),
  })
  .describe("one ioworker over one minute");

const decimal = z.string().regex(/^\d+$/);
export const cmdlogView = z.object({
  queues: z.array(
    z.object({
      qid: z.number().int().describe("0 is the admin queue"),
      label: z.string(),
      receivedAt: z.iso.datetime(),
      entries: z
        .array(
          z.object({
            sequence: decimal,
            submittedNs: decimal.describe("since the Unix epoch, by the host's clock"),
            completedNs: decimal.nullable(),
            latencyUs: z.number().nullable(),
            outstanding: z.boolean(),
            local: z.boolean().describe("completed by our side: timeout, reset, power cut"),
            worker: z.number().int(),
            opcode: z.number().int(),
            command: z.string().describe("name of the opcode"),
            status: z.string().nullable().describe("name of the status; null while it is outstanding"),
            cid: z.number().int(),
            nsid: z.number().int(),
            cdw: z.array(z.number().int()).describe("cdw10..cdw15"),
            slba: decimal,
            lbaCount: decimal,
            sct: z.number().int(),
            sc: z.number().int(),
            dnr: z.boolean(),
            cdw0: z.number().int(),
          }),
        )
        .describe("newest last"),
    }),
  ),
});

const moment = z.iso.datetime().nullable();
export const statusDutView = z.object({
  ...{ serial: z.string(), model: z.string(), firmware: z.string().nullable(), opcode: z.number().int() },
  count: z.number().int().describe("of what the recorders still held"),
  runs: z.number().int(),
  since: moment,
  until: moment,
});

const side = z.object({
  values: z.number().int(),
  runs: z.number().int(),
  duts: z.number().int(),
  mean: z.number(),
  deviation: z.number().nullable(),
  ...{ min: z.number(), max: z.number(), median: z.number(), p10: z.number(), p90: z.number() },
  since: moment,
  until: moment,
});

export const comparisonView = z.object({
  ...{ plan: z.string(), metric: z.string(), a: z.string(), b: z.string() },
  unit: z.string().nullable(),
  direction: z.enum(["higher", "lower", "neutral"]).describe("which way is better"),
  models: z.array(
    z.object({
      model: z.string(),
      path: z.string(),
      a: side.nullable(),
      b: side.nullable(),
      changePercent: z.number().nullable().describe("of the mean, from a to b"),
      better: z.enum(["a", "b"]).nullable(),
    }),
  ),
  verdicts: z.array(
    z.object({
      model: z.string(),
      firmware: z.string(),
      ...{ runs: z.number().int(), passed: z.number().int(), failed: z.number().int() },
      ...{ errored: z.number().int(), aborted: z.number().int(), since: moment, until: moment },
    }),
  ),
});
