/** The HTTP shapes of hosts, slots and DUTs, and how they are made from rows. */
import { z } from "zod";

const moment = z.iso.datetime().nullable();
const labels = z.record(z.string(), z.string());

export const slotView = z.object({
  name: z.string(),
  state: z.enum(["idle", "leased", "fenced", "cleaning"]),
  transport: z.string(),
  address: z.string(),
  effects: z.array(z.string()),
  power: z.string().nullable().describe("power driver; null when nothing can cut the power"),
  powerDomain: z.string().nullable(),
  dut: z.string().nullable().describe("serial"),
  blocked: z.string().nullable().describe("why the host's guard would refuse it now"),
  labels,
});

export const hostView = z.object({
  id: z.uuid(),
  name: z.string(),
  observed: z.enum(["online", "degraded", "offline"]),
  observedReason: z.string().nullable(),
  intent: z.enum(["active", "draining", "maintenance", "retired"]),
  intentReason: z.string().nullable(),
  agentVersion: z.string().nullable(),
  driverVersion: z.string().nullable(),
  spdkVersion: z.string().nullable(),
  kernel: z.string().nullable(),
  lastSeenAt: moment,
  clockOffsetMs: z.number().int().nullable(),
  spoolUsedBytes: z.number().nullable(),
  spoolLimitBytes: z.number().nullable(),
});
export const hostDetailView = hostView.extend({ slots: z.array(slotView) });

export const dutView = z.object({
  id: z.uuid(),
  assetId: z.string().nullable(),
  model: z.string(),
  serial: z.string(),
  health: z.enum(["good", "unknown", "suspect", "bad"]),
  healthReason: z.string().nullable(),
  intent: z.enum(["available", "hold", "quarantined", "repairing", "maintenance", "retired"]),
  intentReason: z.string().nullable(),
  conflict: z.string().nullable().describe("why its identity is in doubt"),
  firmware: z.string().nullable(),
  capacityBytes: z.string().nullable(),
  lbaBytes: z.number().int().nullable(),
  labels,
  host: z.string().nullable(),
  slot: z.string().nullable(),
});
export const dutDetailView = dutView.extend({
  nguid: z.string().nullable(),
  eui64: z.string().nullable(),
  createdAt: z.iso.datetime(),
  observations: z.array(
    z.object({
      at: z.iso.datetime(),
      source: z.string(),
      firmware: z.string(),
      capacityBytes: z.string().nullable(),
      nguid: z.string().nullable(),
      eui64: z.string().nullable(),
      runId: z.uuid().nullable(),
    }),
  ),
  occupancies: z.array(z.object({ host: z.string(), slot: z.string(), from: z.iso.datetime(), to: moment })),
  holds: z.array(
    z.object({
      intent: z.string(),
      from: z.iso.datetime(),
      to: moment,
      heldBy: z.string(),
      reason: z.string(),
      releasedBy: z.string().nullable(),
      releaseReason: z.string().nullable(),
      runId: z.uuid().nullable(),
    }),
  ),
  formats: z.array(
    z.object({
      nsid: z.number().int(),
      lbaBytes: z.number().int(),
      metadataBytes: z.number().int(),
      lbaCount: z.string().nullable(),
      from: z.iso.datetime(),
      to: moment,
    }),
  ),
  runs: z.array(
    z.object({
      id: z.uuid(),
      plan: z.string(),
      state: z.string(),
      verdict: z.string().nullable(),
      submittedAt: z.iso.datetime(),
    }),
  ),
});

export type Row = Record<string, unknown>;

/** Dates as ISO texts, bigint as decimal texts: what JSON can carry. */
export function toWire<T>(row: Row): T {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      value instanceof Date ? value.toISOString() : typeof value === "bigint" ? value.toString() : value,
    ]),
  ) as T;
}

export function toHost(row: Row): z.infer<typeof hostView> {
  const number = (value: unknown) => (value === null ? null : Number(value));
  return {
    ...toWire<z.infer<typeof hostView>>(row),
    spoolUsedBytes: number(row.spoolUsedBytes),
    spoolLimitBytes: number(row.spoolLimitBytes),
  };
}
