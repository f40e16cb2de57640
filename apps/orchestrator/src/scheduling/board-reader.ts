/** Reads the board from the rows: the snapshot that a scheduling pass decides on. */
import type { Effect, ResolvedPlan } from "@assay/plans";
import type { Queryable } from "../platform/database";
import type {
  Board,
  BoardActiveRun,
  BoardCampaign,
  BoardDut,
  BoardHost,
  BoardLease,
  BoardRun,
  BoardSlot,
} from "./board";

/** More waiting runs than this are looked at when some of these are gone. */
export const MAX_QUEUED = 20_000;
const MAX_CACHED_PLANS = 10_000;

type PlanTraits = Pick<BoardRun, "effects" | "needsPower" | "isolation">;
type Row<T> = { [K in keyof T]: T[K] } & Record<string, unknown>;

export class BoardReader {
  /** A resolved plan never changes, so what the scheduler wants of it is read once. */
  private readonly traits = new Map<string, PlanTraits>();

  async read(database: Queryable, now: Date): Promise<Board & { waitingReasons: Map<string, string | null> }> {
    const queued = await database.query<QueuedRow>(QUEUED, [MAX_QUEUED]);
    await this.learnPlans(database, queued);
    const hosts = await database.query<Row<BoardHost & { spool: bigint | null; last: Date | null }>>(HOSTS);
    const slots = await database.query<Row<BoardSlot & { domainId: string | null; domainName: string | null }>>(SLOTS);
    const duts = await database.query<Row<BoardDut & { since: Date | null }>>(DUTS);
    const campaignIds = [...new Set(queued.flatMap(({ campaignId }) => campaignId ?? []))];
    return {
      nowMs: now.getTime(),
      hosts: hosts.map(({ spool, last, ...host }) => ({
        ...host,
        spoolFreeBytes: spool === null ? null : Number(spool),
        lastHeartbeatMs: last?.getTime() ?? null,
      })),
      slots: slots.map(({ domainId, domainName, ...slot }) => ({
        ...slot,
        powerDomain: domainId === null ? null : { id: domainId, name: domainName! },
      })),
      duts: duts.map(({ since, ...dut }) => ({ ...dut, intentSinceMs: since?.getTime() ?? null })),
      campaigns: await database.query<Row<BoardCampaign>>("SELECT id, name, intent FROM campaign WHERE id = ANY($1)", [
        campaignIds,
      ]),
      leases: await database.query<Row<BoardLease>>(LEASES),
      active: await database.query<Row<BoardActiveRun>>(ACTIVE),
      queued: await this.withService(database, queued, campaignIds),
      waitingReasons: new Map(queued.map(({ id, waitingReason }) => [id, waitingReason])),
    };
  }

  private async withService(database: Queryable, queued: QueuedRow[], campaignIds: string[]): Promise<BoardRun[]> {
    const served = await database.query<{ campaignId: string; dutId: string; at: Date }>(SERVED, [campaignIds]);
    const lastServed = new Map(served.map(({ campaignId, dutId, at }) => [`${campaignId}/${dutId}`, at.getTime()]));
    return queued.map(({ submitted, resolvedHash, spool, waitingReason: _, ...run }) => ({
      ...run,
      ...this.traits.get(resolvedHash)!,
      submittedMs: submitted.getTime(),
      spoolBytes: Number(spool),
      lastServedMs: lastServed.get(`${run.campaignId}/${run.dutId}`) ?? null,
    }));
  }

  private async learnPlans(database: Queryable, queued: readonly QueuedRow[]): Promise<void> {
    const unknown = [...new Set(queued.map(({ resolvedHash }) => resolvedHash))].filter(
      (hash) => !this.traits.has(hash),
    );
    if (unknown.length === 0) return;
    if (this.traits.size + unknown.length > MAX_CACHED_PLANS) {
      this.traits.clear();
      return this.learnPlans(database, queued);
    }
    const rows = await database.query<{
      hash: string;
      effects: Effect[];
      needs: ResolvedPlan["needs"];
      isolation: "slot" | "host";
    }>(
      `SELECT hash, body->'effects' AS effects, body->'needs' AS needs, body->>'isolation' AS isolation
         FROM resolved_plan WHERE hash = ANY($1)`,
      [unknown],
    );
    for (const { hash, effects, needs, isolation } of rows) {
      const needsPower = needs.power !== null || effects.includes("power-cycles");
      this.traits.set(hash, { effects, needsPower, isolation });
    }
  }
}

interface QueuedRow extends Record<string, unknown> {
  id: string;
  dutId: string;
  campaignId: string | null;
  ordinal: number;
  planName: string;
  priority: number;
  submitted: Date;
  resolvedHash: string;
  spool: bigint;
  waitingReason: string | null;
}

const QUEUED = `
SELECT id, dut_id AS "dutId", campaign_id AS "campaignId", ordinal, plan_name AS "planName", priority,
       submitted_at AS submitted, resolved_hash AS "resolvedHash", spool_bytes AS spool, waiting_reason AS "waitingReason"
  FROM run WHERE state = 'queued' ORDER BY priority DESC, submitted_at, id LIMIT $1`;
const ACTIVE = `
SELECT id, dut_id AS "dutId", campaign_id AS "campaignId", ordinal, plan_name AS "planName"
  FROM run WHERE state IN ('assigned', 'running')`;
const HOSTS = `
SELECT host.id, host.name, host.intent, host.intent_reason AS "intentReason", host.observed, host.last_heartbeat_at AS last,
       (spool_limit_bytes - spool_used_bytes - COALESCE(promised.bytes, 0))::bigint AS spool
  FROM host
  LEFT JOIN LATERAL (SELECT sum(spool_bytes) AS bytes FROM run
                      WHERE run.host_id = host.id AND run.state IN ('assigned', 'running')) promised ON true`;
const SLOTS = `
SELECT slot.id, slot.name, slot.host_id AS "hostId", slot.state, slot.state_reason AS "stateReason", slot.blocked,
       slot.removed_at IS NOT NULL AS removed, slot.power_driver IS NOT NULL AS power, slot.effects,
       power_domain.id AS "domainId", power_domain.name AS "domainName", occupancy.dut_id AS "dutId"
  FROM slot
  LEFT JOIN power_domain ON power_domain.id = slot.power_domain_id
  LEFT JOIN occupancy ON occupancy.slot_id = slot.id AND occupancy.to_at IS NULL`;
const DUTS = `
SELECT dut.id, dut.serial, dut.intent, dut.intent_reason AS "intentReason", hold.from_at AS since, dut.health,
       dut.health_reason AS "healthReason", dut.conflict
  FROM dut LEFT JOIN hold ON hold.dut_id = dut.id AND hold.to_at IS NULL`;
const LEASES = `
SELECT resource.kind, resource.key, lease.run_id AS "runId"
  FROM lease JOIN resource ON resource.id = lease.resource_id WHERE lease.ended_at IS NULL`;
const SERVED = `
SELECT campaign_id AS "campaignId", dut_id AS "dutId", max(assigned_at) AS at
  FROM run WHERE campaign_id = ANY($1) AND assigned_at IS NOT NULL GROUP BY campaign_id, dut_id`;
