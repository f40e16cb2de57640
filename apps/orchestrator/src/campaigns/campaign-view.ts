/** The HTTP shape of a campaign. */
import { verdictSchema } from "@assay/protocol";
import { z } from "zod";

const value = z.union([z.number(), z.boolean(), z.string()]);
const count = z.number().int();

export const campaignView = z.object({
  id: z.uuid(),
  name: z.string(),
  intent: z.enum(["active", "paused", "cancelled"]),
  intentReason: z.string().nullable(),
  priority: z.number().int(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  endedAt: z.iso.datetime().nullable().describe("when the last of its runs finished"),
  plans: z.array(z.object({ name: z.string(), hash: z.string(), parameters: z.record(z.string(), value) })),
  counts: z
    .object({
      ...{ queued: count, assigned: count, running: count },
      ...{ passed: count, failed: count, errored: count, aborted: count },
    })
    .describe("of the newest attempt of each line of runs"),
});
export type CampaignView = z.infer<typeof campaignView>;

export const campaignDetailView = campaignView.extend({
  select: z.looseObject({}),
  notApplicable: z.array(z.object({ plan: z.string(), dut: z.string(), reason: z.string() })),
  /** One cell per DUT and plan: the newest attempt. */
  verdicts: z.array(
    z.object({
      dut: z.string(),
      plan: z.string(),
      ordinal: z.number().int(),
      runId: z.uuid(),
      attempt: z.number().int(),
      state: z.enum(["queued", "assigned", "running", "finished"]),
      verdict: verdictSchema.nullable(),
      reason: z.string().nullable(),
      waitingReason: z.string().nullable(),
      needsPerson: z.boolean().describe("it waits for a person"),
      contact: z.enum(["ok", "unreachable"]),
    }),
  ),
});
export type CampaignDetailView = z.infer<typeof campaignDetailView>;
