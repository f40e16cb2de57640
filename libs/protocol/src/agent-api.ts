/**
 * The HTTP API between an agent and the orchestrator, below /api/v1/agent. Both ends parse with these schemas.
 * Every call but `enroll` carries `Authorization: Bearer <credential>`.
 *
 * | call | body -> answer |
 * | --- | --- |
 * | POST enroll | EnrollRequest -> EnrollAnswer (the one-time token in the body) |
 * | PUT inventory | Inventory -> {} (whole, replaces what was known; also after each change) |
 * | POST heartbeat | Heartbeat -> HeartbeatAnswer |
 * | POST runs/:runId/claim | ClaimRequest -> RunOrder (idempotent for the same epoch; 409 problem when the lease is not ours) |
 * | POST runs/:runId/events | EventBatch -> EventAck (409 with nextSeq where it does not continue) |
 * | PUT runs/:runId/cmdlog/:qid?epoch=n | octet-stream, a flight-recorder file -> {} (idempotent, the newest wins) |
 */
import { z } from "zod";
import { eventSchema, MAX_EVENTS_PER_BATCH } from "./events";
import { pathSchema } from "./order";
import { effectSchema, epochMs, identitySchema } from "./words";

export const enrollRequestSchema = z.object({
  wireVersion: z.number().int(),
  token: z.string().min(16).max(256),
  hostName: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
});
export type EnrollRequest = z.infer<typeof enrollRequestSchema>;

/** How an agent reaches its queue. The account reaches the queue schema and nothing else. */
export const queueAccessSchema = z.discriminatedUnion("backend", [
  z.object({ backend: z.literal("redis"), url: z.string() }),
  z.object({ backend: z.literal("postgres"), connectionString: z.string(), schema: z.string() }),
]);
export type QueueAccess = z.infer<typeof queueAccessSchema>;

export const enrollAnswerSchema = z.object({
  hostId: z.uuid(),
  credential: z.string(),
  /** Name of this host's BullMQ queue. */
  queueName: z.string(),
  queue: queueAccessSchema,
});
export type EnrollAnswer = z.infer<typeof enrollAnswerSchema>;

export const slotReportSchema = z.object({
  name: z.string().min(1).max(64),
  path: pathSchema,
  /** Identities that the host's own file lists for this slot. */
  listed: z.array(identitySchema.omit({ firmware: true })),
  effects: z.array(effectSchema),
  /** Power driver of the slot, or null. */
  power: z.enum(["simulated", "exec"]).nullable(),
  powerDomain: z.string().nullable(),
  numaNode: z.number().int().nullable(),
  /** Labels of the host's file; a DUT in the slot has them unless its own say otherwise. */
  labels: z.record(z.string().max(64), z.string().max(256)).optional(),
  /** Seen in the slot now, null when nothing answers or it was not probed. */
  observed: z
    .object({
      identity: identitySchema,
      capacityBytes: z.string(),
      lbaBytes: z.number().int(),
      metadataBytes: z.number().int(),
      lbaFormatsBytes: z.array(z.number().int()),
    })
    .nullable(),
  /** Why the guard would refuse this slot now; null when it would not. */
  blocked: z.string().nullable(),
});
export type SlotReport = z.infer<typeof slotReportSchema>;

export const inventorySchema = z.object({
  wireVersion: z.number().int(),
  agentVersion: z.string(),
  driverVersion: z.string(),
  spdkVersion: z.string().nullable(),
  kernel: z.string(),
  bootId: z.string(),
  slots: z.array(slotReportSchema).max(1024),
});
export type Inventory = z.infer<typeof inventorySchema>;

export const heldRunSchema = z.object({
  runId: z.uuid(),
  epoch: z.number().int(),
  state: z.enum(["claimed", "running", "parked", "ended"]),
  /** Newest number in the journal. */
  lastSeq: z.number().int().nonnegative(),
  /** Number up to which the orchestrator has acknowledged. */
  ackedSeq: z.number().int().nonnegative(),
});

export const heartbeatSchema = z.object({
  wireVersion: z.number().int(),
  bootId: z.string(),
  agentTimeMs: epochMs,
  runs: z.array(heldRunSchema).max(1024),
  spool: z.object({ usedBytes: z.number(), limitBytes: z.number() }),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

const runRef = z.object({ runId: z.uuid(), epoch: z.number().int() });
export const heartbeatAnswerSchema = z.object({
  serverTimeMs: epochMs,
  /** Assigned to this host and not yet claimed. */
  assignments: z.array(runRef),
  /** Please end these soon: an operator asked. */
  cancels: z.array(runRef),
  /** These leases are gone: stop touching the drive now. */
  revokes: z.array(runRef),
  /** A parked runner that may now be let go. */
  releases: z.array(runRef),
  /** Ms until the next heartbeat is expected. */
  intervalMs: z.number().int().positive(),
});
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswerSchema>;

export const claimRequestSchema = z.object({ wireVersion: z.number().int(), epoch: z.number().int() });

export const eventBatchSchema = z.object({
  eventVersion: z.number().int(),
  epoch: z.number().int(),
  events: z.array(eventSchema).min(1).max(MAX_EVENTS_PER_BATCH),
});
export type EventBatch = z.infer<typeof eventBatchSchema>;

export const eventAckSchema = z.object({
  /** The number that ingest wants next. */
  nextSeq: z.number().int().positive(),
  /** True when the batch belongs to an old epoch: kept, but it changed nothing. */
  late: z.boolean(),
});
export type EventAck = z.infer<typeof eventAckSchema>;

/** A doorbell: ids, never state. */
export const doorbellSchema = z.object({ runId: z.uuid(), epoch: z.number().int().positive() });
export type Doorbell = z.infer<typeof doorbellSchema>;
