/** What a host is seen to be, from the age of its last heartbeat. Pure. */
export const HEARTBEAT_EVERY_MS = 3_000;
/** Three missed: something is slow. */
export const DEGRADED_AFTER_MS = 10_000;
/** Out of contact: its runs are shown unreachable; their leases stay. */
export const OFFLINE_AFTER_MS = 20_000;

export type Presence = "online" | "degraded" | "offline";

export function presenceOf(lastHeartbeat: Date | null, now: Date): { observed: Presence; reason: string | null } {
  if (lastHeartbeat === null) return { observed: "offline", reason: "it has never reported" };
  const age = now.getTime() - lastHeartbeat.getTime();
  const reason = `its last heartbeat came at ${lastHeartbeat.toISOString()}`;
  if (age >= OFFLINE_AFTER_MS) return { observed: "offline", reason };
  if (age >= DEGRADED_AFTER_MS) return { observed: "degraded", reason };
  return { observed: "online", reason: null };
}
