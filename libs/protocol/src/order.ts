/** The run order: the immutable answer to a claim. The agent writes it to disk before it acts on it. */
import type { ResolvedPlan } from "@assay/plans";
import { z } from "zod";
import { effectSchema, identitySchema, transportSchema } from "./words";

export const pathSchema = z.object({
  transport: transportSchema,
  /** PCI address, socket directory, drive file, or `host:port`. */
  address: z.string().min(1).max(512),
  /** Subsystem NQN for fabrics. */
  nqn: z.string().max(223).nullable(),
});
export type DutPath = z.infer<typeof pathSchema>;

export const runOrderSchema = z.object({
  wireVersion: z.number().int(),
  runId: z.uuid(),
  /** Lease epoch: carried in every message about this run. */
  epoch: z.number().int().positive(),
  /** Time budget from the claim, ms. The runner counts it on CLOCK_BOOTTIME from before the claim was sent. */
  budgetMs: z
    .number()
    .int()
    .positive()
    .max(400 * 24 * 3600 * 1000),
  slot: z.string().min(1).max(64),
  dutId: z.uuid(),
  /** Who the drive must be; anything else gets the open and Identify, nothing more. */
  identity: identitySchema.omit({ firmware: true }),
  effects: z.array(effectSchema),
  /** 64-bit seed, decimal. */
  seed: z.string().regex(/^\d{1,20}$/),
  planName: z.string(),
  /** Hash of the plan as resolved for this DUT. */
  resolvedHash: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** A `ResolvedPlan`; its own schema lives in libs/plans and is checked again by the runner. */
  plan: z.custom<ResolvedPlan>((value) => typeof value === "object" && value !== null),
  /** Upper bound of this run's journal and cmdlog on the host's disk, bytes. */
  spoolBytes: z.number().int().positive(),
});
export type RunOrder = z.infer<typeof runOrderSchema>;
