/** What a host says every few seconds, and what it is told: from the rows, so that losing the queue loses nothing. */
import { type Heartbeat, type HeartbeatAnswer, wireRefusal } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { HEARTBEAT_EVERY_MS } from "../fleet/host-presence";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { problem } from "../platform/problem";
import { HostRuns } from "../runs/host-runs";

@Injectable()
export class Heartbeats {
  constructor(
    private readonly database: Database,
    private readonly runs: HostRuns,
    private readonly doorbells: Doorbells,
    private readonly clock: Clock,
  ) {}

  async take(hostId: string, heartbeat: Heartbeat): Promise<HeartbeatAnswer> {
    const refusal = wireRefusal(heartbeat.wireVersion);
    if (refusal !== null) throw problem("wire-version", refusal);
    const now = this.clock.now();
    const [before] = await this.database.query<{ observed: string }>(
      `UPDATE host SET last_heartbeat_at = $2, observed = 'online', observed_reason = NULL, clock_offset_ms = $3, boot_id = $4,
              spool_used_bytes = $5, spool_limit_bytes = $6, wire_version = $7
         FROM (SELECT id, observed FROM host WHERE id = $1) before WHERE host.id = before.id RETURNING before.observed`,
      [
        ...[hostId, now, clampOffset(heartbeat.agentTimeMs - now.getTime()), heartbeat.bootId],
        ...[Math.round(heartbeat.spool.usedBytes), Math.round(heartbeat.spool.limitBytes), heartbeat.wireVersion],
      ],
    );
    if (before?.observed !== "online") {
      await this.runs.markContact(hostId, "ok");
      this.doorbells.ring("schedule");
    }
    const answer = await this.runs.answerFor(hostId, heartbeat.runs);
    return { serverTimeMs: now.getTime(), intervalMs: HEARTBEAT_EVERY_MS, ...answer };
  }
}

/** A clock that is years away does not fit the column, and is told apart all the same. */
const MAX_OFFSET = 2_147_483_647;
function clampOffset(ms: number): number {
  return Math.max(-MAX_OFFSET, Math.min(MAX_OFFSET, Math.round(ms)));
}
