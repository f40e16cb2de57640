/** The resolved steps that hold no others, as an order carries them: one schema a kind. */
import { z } from "zod";
import {
  FIRMWARE_ACTIVATIONS,
  IO_OPERATIONS,
  NAMESPACE_ACTIONS,
  RESET_SCOPES,
  SANITIZE_ACTIONS,
  SELF_TESTS,
  TEXT_FORMS,
  ZONE_ACTIONS,
} from "../document/drive-step-bodies";
import { OPERATIONS } from "../document/worker-values";
import type { Comparison, LeafStep } from "../model";

export const whole = z.number().int().nonnegative();
export const positive = z.number().int().positive();
const share = z.number().min(0).max(100);
export const id = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/);
const late = z.union([whole, z.strictObject({ random: z.strictObject({ from: whole, to: whole }) })]);
export const metricValue = z.union([z.number(), z.boolean(), z.string()]);
export const comparison: z.ZodType<Comparison> = z.strictObject({
  operator: z.enum(["eq", "ne", "lt", "le", "gt", "ge"]),
  value: metricValue,
});
const snapshotSource = z.enum(["identify", "smart", "error-log", "firmware-log", "registers", "link"]);
export const captureSource = z.enum(["identify", "smart", "error-log", "firmware-log", "registers", "cmdlog"]);
const region = { regionOffsetBytes: whole, regionBytes: positive.nullable() };
const status = z.strictObject({ sct: whole.max(7), sc: whole.max(0xff) });
const operation = z.enum(OPERATIONS);
const errorAction = z.enum(["stop", "count", "ignore", "freeze"]);
const nsid = positive.max(0xfffffffe);
const dword = whole.max(0xffffffff);

export const leaves: { [K in LeafStep["kind"]]: z.ZodType<Extract<LeafStep, { kind: K }>> } = {
  snapshot: z.strictObject({ kind: z.literal("snapshot"), id, of: z.array(snapshotSource).min(1) }),
  ioworker: z.strictObject({
    kind: z.literal("ioworker"),
    id,
    nsid,
    sizeBytes: z
      .union([
        positive,
        z
          .array(z.strictObject({ bytes: positive, weight: positive }))
          .min(1)
          .max(64),
      ])
      .nullable(),
    randomPercent: share,
    readPercent: share,
    operations: z.array(z.strictObject({ operation, percent: positive.max(100) })).nullable(),
    sequence: z
      .array(z.strictObject({ atUs: z.number().nonnegative(), operation, lba: whole, lbaCount: positive }))
      .min(1)
      .nullable(),
    depth: positive.max(65_535),
    workers: positive.max(64),
    ...region,
    alignBytes: positive.nullable(),
    stepBytes: z.number().int().nullable(),
    distribution: z.array(whole).length(100).nullable(),
    pattern: z
      .union([
        z.strictObject({ kind: z.literal("constant"), value: dword }),
        z.strictObject({ kind: z.literal("random"), compressPercent: whole.max(100) }),
      ])
      .nullable(),
    iops: positive.nullable(),
    timeMs: positive.nullable(),
    ioCount: positive.nullable(),
    passes: positive.nullable(),
    flushEvery: positive.nullable(),
    verify: z.boolean(),
    exclusive: z.boolean(),
    skipUncorrectable: z.boolean(),
    priority: whole.max(3).nullable(),
    polling: z.enum(["busy", "sleep"]).nullable(),
    until: z.literal("power-lost").nullable(),
    onError: errorAction,
    onStatus: z.array(z.strictObject({ sct: whole.max(7), sc: whole.max(0xff), action: errorAction })).max(64),
    freezeMs: positive.nullable(),
    afterMs: late.nullable(),
    sampleMs: positive,
  }),
  verify: z.strictObject({
    kind: z.literal("verify"),
    id,
    nsid,
    written: id.nullable(),
    ...region,
    rule: z.enum(["exact", "durable-or-newer"]),
  }),
  assert: z.strictObject({
    kind: z.literal("assert"),
    id,
    metric: z.string().min(3),
    comparison,
    message: z.string().nullable(),
  }),
  admin: z.strictObject({
    kind: z.literal("admin"),
    id,
    opcode: whole.max(0xff),
    nsid: dword,
    cdw10: dword,
    cdw11: dword,
    cdw12: dword,
    cdw13: dword,
    cdw14: dword,
    cdw15: dword,
    dataBytes: whole.max(2 ** 20),
    direction: z.enum(["none", "from-device", "to-device"]),
    expect: status,
  }),
  reset: z.strictObject({
    kind: z.literal("reset"),
    id,
    scope: z.enum(RESET_SCOPES),
    afterMs: late.nullable(),
    readyWithinMs: positive.nullable(),
  }),
  format: z.strictObject({
    kind: z.literal("format"),
    id,
    nsid,
    lbaBytes: positive.nullable(),
    metadataBytes: whole,
    extendedLba: z.boolean(),
    protection: whole.max(3),
    protectionFirst: z.boolean(),
    secureErase: z.enum(["none", "user-data", "crypto"]),
  }),
  power: z.strictObject({
    kind: z.literal("power"),
    id,
    action: z.enum(["cut", "restore", "cycle"]),
    afterMs: late.nullable(),
    offMs: whole,
    readyWithinMs: positive.nullable(),
  }),
  wait: z.strictObject({ kind: z.literal("wait"), id, forMs: late }),
  io: z.strictObject({
    kind: z.literal("io"),
    id,
    nsid,
    operation: z.enum(IO_OPERATIONS),
    lba: whole,
    lbaCount: positive,
    toLba: whole.nullable(),
    fua: z.boolean(),
    value: dword,
    expect: status,
  }),
  sanitize: z.strictObject({
    kind: z.literal("sanitize"),
    id,
    action: z.enum(SANITIZE_ACTIONS),
    passes: positive.max(16),
    pattern: dword,
    invert: z.boolean(),
    deallocate: z.boolean(),
    withinMs: positive,
  }),
  "self-test": z.strictObject({
    kind: z.literal("self-test"),
    id,
    test: z.enum(SELF_TESTS),
    nsid: positive.max(0xffffffff).nullable(),
    withinMs: positive,
  }),
  namespace: z.strictObject({
    kind: z.literal("namespace"),
    id,
    action: z.enum(NAMESPACE_ACTIONS),
    nsid: positive.max(0xffffffff).nullable(),
    bytes: positive.nullable(),
    lbaBytes: positive.nullable(),
    metadataBytes: whole,
    protection: whole.max(3),
    expect: status,
  }),
  firmware: z.strictObject({
    kind: z.literal("firmware"),
    id,
    image: z.string().regex(TEXT_FORMS.image.pattern).nullable(),
    sha256: z.string().regex(TEXT_FORMS.sha256.pattern).nullable(),
    slot: whole.max(7),
    activate: z.enum(FIRMWARE_ACTIVATIONS),
    resetBy: z.enum(RESET_SCOPES).nullable(),
    revision: z.string().regex(TEXT_FORMS.revision.pattern).nullable(),
    readyWithinMs: positive.nullable(),
    expect: status,
  }),
  zone: z.strictObject({
    kind: z.literal("zone"),
    id,
    nsid,
    action: z.enum(ZONE_ACTIONS),
    zone: whole.nullable(),
    lbaCount: positive.max(65_536),
    value: dword,
    expect: status,
  }),
  capture: z.strictObject({ kind: z.literal("capture"), id, of: z.array(captureSource).min(1) }),
};
