/** The HTTP shape of a run, and how it is made from rows. */
import { attributionSchema, verdictSchema } from "@assay/protocol";
import { z } from "zod";

const moment = z.iso.datetime().nullable();
const value = z.union([z.number(), z.boolean(), z.string()]);

export const attributionView = z.object({
  cause: attributionSchema,
  rule: z.string().nullable().describe("the rule that decided; null when a person did"),
  person: z.string().nullable(),
  confidence: z.number(),
  at: z.iso.datetime(),
});

export const frozenView = z.object({
  at: z.iso.datetime().describe("agent's time"),
  path: z.string().describe("the step"),
  iteration: z.array(z.number().int()),
  worker: z.number().int(),
  nsid: z.number().int(),
  opcode: z.number().int(),
  sct: z.number().int(),
  sc: z.number().int(),
  slba: z.string(),
  lbaCount: z.number().int(),
  untilAt: z.iso.datetime().describe("when it is let go by itself"),
  releaseRequestedAt: z.iso.datetime().nullable(),
  releaseRequestedBy: z.string().nullable(),
  releaseReason: z.string().nullable(),
  releasedAt: z.iso.datetime().nullable().describe("null: the drive still stands as it was at that command"),
});

export const runView = z.object({
  id: z.uuid(),
  campaignId: z.uuid().nullable(),
  plan: z.string(),
  dut: z.object({ id: z.uuid(), serial: z.string(), model: z.string() }),
  state: z.enum(["queued", "assigned", "running", "finished"]),
  contact: z.enum(["ok", "unreachable"]),
  verdict: verdictSchema.nullable(),
  reason: z.string().nullable().describe("of the verdict"),
  waitingReason: z.string().nullable().describe("why a queued run does not start yet, or what a frozen one waits for"),
  needsPerson: z
    .boolean()
    .describe("it waits for a person: its DUT is on hold or otherwise out of use or frozen, or its campaign is paused"),
  attribution: attributionView.nullable().describe("the newest"),
  attempt: z.number().int(),
  retryOfId: z.uuid().nullable().describe("the first run of this line"),
  ordinal: z.number().int().describe("place of the plan in its campaign"),
  priority: z.number().int(),
  parked: z
    .boolean()
    .describe("the runner keeps the drive as it failed until the DUT, or the run where it is frozen, is released"),
  frozen: frozenView
    .nullable()
    .describe("the command at whose error a worker with `onError: freeze` stopped everything"),
  epoch: z.number().int(),
  host: z.string().nullable(),
  slot: z.string().nullable(),
  submittedAt: z.iso.datetime(),
  submittedBy: z.string(),
  assignedAt: moment,
  claimedAt: moment,
  startedAt: moment.describe("agent's time"),
  finishedAt: moment.describe("agent's time: the runner concluded"),
  endedAt: moment.describe("agent's time: the runner is known dead"),
  verdictAt: moment,
  deadlineAt: moment,
  lastEventAt: moment,
  cancelRequestedAt: moment,
  eventCount: z.number().int().describe("stored without a gap from 1"),
});
export type RunView = z.infer<typeof runView>;

export const criterionView = z.object({
  id: z.string(),
  evaluation: z.number().int(),
  iteration: z.number().int().nullable(),
  outcome: z.enum(["passed", "failed", "errored"]),
  metric: z.string(),
  value: value.nullable(),
  comparison: z.object({ operator: z.string(), value }),
  inputs: z.number().int(),
  observations: z.array(z.unknown()).describe("the first inputs; GET /runs/{id}/metrics has all"),
  requirement: z.string().nullable(),
  reason: z.string(),
  evaluatorVersion: z.number().int(),
});

export const evaluationView = z.object({
  number: z.number().int().describe("`evaluation` of its criteria"),
  at: z.iso.datetime(),
  person: z.string(),
  reason: z.string(),
  limits: z
    .record(z.string(), z.object({ operator: z.string(), value }))
    .describe("changed ones by criterion, in base units"),
  verdict: verdictSchema.describe("by these limits; the run keeps its own"),
  verdictReason: z.string(),
  evaluatorVersion: z.number().int(),
});

export const miscompareView = z.object({
  seq: z.number().int(),
  at: z.iso.datetime(),
  path: z.string(),
  iteration: z.array(z.number().int()),
  nsid: z.number().int(),
  lba: z.string(),
  kind: z.string(),
  byteOffset: z.number().int().nullable(),
  expectedToken: z.string().nullable(),
  gotToken: z.string().nullable(),
  expectedLba: z.string().nullable(),
  gotLba: z.string().nullable(),
  expected: z.string(),
  got: z.string(),
});

export const runDetailView = runView.extend({
  seed: z.string(),
  parameters: z.record(z.string(), value),
  resolvedParameters: z.record(z.string(), value),
  budgetMs: z.number(),
  planHash: z.string(),
  sourceHash: z.string(),
  resolvedHash: z.string(),
  stimulusHash: z.string(),
  dataSheetHash: z.string().nullable(),
  evaluatorVersion: z.number().int().nullable(),
  agentVersion: z.string().nullable(),
  driverVersion: z.string().nullable(),
  hostImplementation: z.string().nullable(),
  kernel: z.string().nullable(),
  bootId: z.string().nullable(),
  clockOffsetMs: z.number().int().nullable(),
  firmwareIntended: z.string().nullable(),
  firmwareAtStart: z.string().nullable(),
  firmwareAtEnd: z.string().nullable(),
  exposure: z
    .object({
      poweredMs: z.number(),
      readBytes: z.string(),
      writtenBytes: z.string(),
      powerCycles: z.number().int(),
      resets: z.number().int(),
    })
    .nullable(),
  cancelRequestedBy: z.string().nullable(),
  cancelReason: z.string().nullable(),
  pinned: z.boolean(),
  roles: z.array(z.object({ role: z.string(), dut: z.string() })),
  attributions: z
    .array(attributionView.extend({ evidence: z.looseObject({}).describe("what speaks for it, or a person's reason") }))
    .describe("oldest first; none is ever rewritten"),
  criteria: z.array(criterionView).describe("of the verdict first, then of later evaluations; bounded"),
  evaluations: z.array(evaluationView).describe("its stored results judged again by other limits, oldest first"),
  miscompareCount: z.number().int(),
  miscompares: z.array(miscompareView).describe("the first ones"),
  retries: z.array(z.uuid()),
  quarantined: z
    .array(
      z.object({
        ...{ seq: z.number().int(), type: z.string(), reason: z.string() },
        metrics: z.array(z.string()).nullable().describe("that it carried; null: it may have said anything"),
        body: z.string().describe("as it came"),
      }),
    )
    .describe("events that could not be stored as what they are; the first ones"),
  lateEvents: z.number().int().describe("of old epochs: kept, they changed nothing"),
});
export type RunDetailView = z.infer<typeof runDetailView>;

export type Row = Record<string, unknown>;

const iso = (at: unknown) => (at instanceof Date ? at.toISOString() : null);

export function toAttribution(row: Row): z.infer<typeof attributionView> {
  const { cause, rule, person, confidence, at } = row;
  return {
    cause,
    rule,
    person,
    confidence,
    at: at instanceof Date ? at.toISOString() : new Date(String(at)).toISOString(),
  } as z.infer<typeof attributionView>;
}

function toFrozen(row: Row): z.infer<typeof frozenView> | null {
  if (row.frozenAt === null) return null;
  const { untilMs, ...command } = row.frozen as { untilMs: number };
  return {
    ...command,
    at: iso(row.frozenAt),
    untilAt: new Date(untilMs).toISOString(),
    releaseRequestedAt: iso(row.releaseRequestedAt),
    releaseRequestedBy: row.releaseRequestedBy,
    releaseReason: row.releaseReason,
    releasedAt: iso(row.releasedAt),
  } as z.infer<typeof frozenView>;
}

export function toRunView(row: Row): RunView {
  const { id, campaignId, plan, state, contact, verdict, reason, waitingReason, attempt, retryOfId, ordinal } = row;
  const { priority, parked, epoch, host, slot, submittedBy, nextSeq, attribution, needsPerson } = row;
  return {
    ...{ id, campaignId, plan, state, contact, verdict, reason, waitingReason, attempt, retryOfId, ordinal },
    ...{ priority, parked, epoch, host, slot, submittedBy, needsPerson },
    dut: { id: row.dutId, serial: row.serial, model: row.model },
    attribution: attribution === null ? null : toAttribution(attribution as Row),
    frozen: toFrozen(row),
    submittedAt: iso(row.submittedAt),
    assignedAt: iso(row.assignedAt),
    claimedAt: iso(row.claimedAt),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    endedAt: iso(row.endedAt),
    verdictAt: iso(row.verdictAt),
    deadlineAt: iso(row.deadlineAt),
    lastEventAt: iso(row.lastEventAt),
    cancelRequestedAt: iso(row.cancelRequestedAt),
    eventCount: (nextSeq as number) - 1,
  } as RunView;
}

export function toMiscompare(row: Row): z.infer<typeof miscompareView> {
  return { ...row, at: iso(row.at) } as z.infer<typeof miscompareView>;
}
