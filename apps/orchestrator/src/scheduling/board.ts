/**
 * What a scheduling pass looks at: a snapshot of the fleet, its leases and the runs that wait. Plain data; ids are
 * opaque strings, times are milliseconds since the Unix epoch.
 */
import type { Effect } from "@assay/plans";

export interface BoardHost {
  id: string;
  name: string;
  intent: "active" | "draining" | "maintenance" | "retired";
  intentReason: string | null;
  observed: "online" | "degraded" | "offline";
  lastHeartbeatMs: number | null;
  /** Bytes of journal and cmdlog that the host can still take, or null while it has not said. */
  spoolFreeBytes: number | null;
}

export interface BoardSlot {
  id: string;
  name: string;
  hostId: string;
  state: "idle" | "leased" | "fenced" | "cleaning";
  stateReason: string | null;
  /** Why the host's guard would refuse this slot now. */
  blocked: string | null;
  /** Set while the host's file no longer names it. */
  removed: boolean;
  /** Something can cut its power. */
  power: boolean;
  powerDomain: { id: string; name: string } | null;
  /** Effects that the host's own file allows here. */
  effects: readonly Effect[];
  /** The drive that is in it. */
  dutId: string | null;
}

export interface BoardDut {
  id: string;
  serial: string;
  intent: "available" | "hold" | "quarantined" | "repairing" | "maintenance" | "retired";
  intentReason: string | null;
  intentSinceMs: number | null;
  health: "good" | "unknown" | "suspect" | "bad";
  healthReason: string | null;
  /** Why its identity is in doubt. */
  conflict: string | null;
}

export type ResourceKind = "slot" | "power_domain" | "host";
export interface Resource {
  kind: ResourceKind;
  /** Id of the slot, power domain or host. */
  key: string;
}

export interface BoardLease extends Resource {
  runId: string;
}

/** A run that is assigned or running. */
export interface BoardActiveRun {
  id: string;
  dutId: string;
  campaignId: string | null;
  ordinal: number;
  planName: string;
}

export interface BoardRun extends BoardActiveRun {
  priority: number;
  submittedMs: number;
  /** When a run of the same campaign last started on this DUT. */
  lastServedMs: number | null;
  effects: readonly Effect[];
  needsPower: boolean;
  isolation: "slot" | "host";
  spoolBytes: number;
}

export interface BoardCampaign {
  id: string;
  name: string;
  intent: "active" | "paused" | "cancelled";
}

export interface Board {
  nowMs: number;
  hosts: readonly BoardHost[];
  slots: readonly BoardSlot[];
  duts: readonly BoardDut[];
  campaigns: readonly BoardCampaign[];
  leases: readonly BoardLease[];
  active: readonly BoardActiveRun[];
  /** The runs that wait. */
  queued: readonly BoardRun[];
}

export interface Assignment {
  runId: string;
  hostId: string;
  slotId: string;
  /** All or nothing. */
  resources: Resource[];
}

export interface WaitingRun {
  runId: string;
  /** For people. */
  reason: string;
}
