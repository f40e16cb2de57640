import { Injectable } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database } from "../platform/database";
import { problem } from "../platform/problem";
import type { Row } from "./fleet-views";

const HOSTS = `
SELECT host.id, host.name, observed, observed_reason AS "observedReason", intent, intent_reason AS "intentReason",
       newest.agent_version AS "agentVersion", newest.driver_version AS "driverVersion",
       newest.spdk_version AS "spdkVersion", newest.kernel, last_heartbeat_at AS "lastSeenAt",
       clock_offset_ms AS "clockOffsetMs", spool_used_bytes AS "spoolUsedBytes", spool_limit_bytes AS "spoolLimitBytes"
  FROM host
  LEFT JOIN LATERAL (SELECT * FROM host_observation o WHERE o.host_id = host.id ORDER BY o.at DESC, o.id DESC LIMIT 1) newest ON true`;

const SLOTS = `
SELECT slot.name, slot.state, slot.transport, slot.address, slot.effects, slot.power_driver AS power,
       power_domain.name AS "powerDomain", dut.serial AS dut, slot.blocked, slot.labels
  FROM slot
  LEFT JOIN power_domain ON power_domain.id = slot.power_domain_id
  LEFT JOIN occupancy ON occupancy.slot_id = slot.id AND occupancy.to_at IS NULL
  LEFT JOIN dut ON dut.id = occupancy.dut_id
 WHERE slot.host_id = $1 AND slot.removed_at IS NULL ORDER BY slot.name`;

export type HostIntent = "active" | "draining" | "maintenance" | "retired";

@Injectable()
export class HostsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  list(afterName: string | null, limit: number): Promise<Row[]> {
    return this.database.query(`${HOSTS} WHERE $1::text IS NULL OR host.name > $1 ORDER BY host.name LIMIT $2`, [
      afterName,
      limit + 1,
    ]);
  }

  /** @param name name or id. @throws Problem 404 */
  async find(name: string): Promise<Row & { id: string }> {
    const [row] = await this.database.query<Row & { id: string }>(
      `${HOSTS} WHERE host.name = $1 OR host.id::text = $1`,
      [name],
    );
    if (row === undefined) throw problem("not-found", `there is no host ${name}`);
    return row;
  }

  slots(hostId: string): Promise<Row[]> {
    return this.database.query(SLOTS, [hostId]);
  }

  /** @throws Problem 404, or 409 when the host is in neither of the intents `from`. */
  async changeIntent(name: string, from: HostIntent[], to: HostIntent, reason: string | null): Promise<string> {
    const { id, intent } = await this.find(name);
    if (intent === to) return id;
    const changed = await this.database.query(
      `UPDATE host SET intent = $2::host_intent, intent_reason = $3 WHERE id = $1 AND intent::text = ANY($4) RETURNING 1`,
      [id, to, reason && `${reason} (${this.clock.now().toISOString()})`, from],
    );
    if (changed.length === 0) throw problem("conflict", `host ${name} is ${intent}: it cannot become ${to}`);
    return id;
  }
}
