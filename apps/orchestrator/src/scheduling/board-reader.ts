/** Reads the fleet from the rows: the snapshot that a scheduling pass decides on. The runs that wait come from waiting-lines.ts. */
import type { Queryable } from "../platform/database";
import type { Board, BoardActiveRun, BoardDut, BoardHost, BoardLease, BoardSlot } from "./board";

type Row<T> = { [K in keyof T]: T[K] } & Record<string, unknown>;

export interface Fleet {
  /** Without a queued run. */
  board: Board;
  /** Why nothing starts on a DUT, as the last pass left it. */
  saidOfDut: Map<string, string | null>;
}

export async function readFleet(database: Queryable, now: Date): Promise<Fleet> {
  const hosts = await database.query<Row<BoardHost & { spool: bigint | null; last: Date | null }>>(HOSTS);
  const slots = await database.query<Row<BoardSlot & { domainId: string | null; domainName: string | null }>>(SLOTS);
  const duts = await database.query<Row<BoardDut & { since: Date | null; waitingReason: string | null }>>(DUTS);
  const board: Board = {
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
    duts: duts.map(({ since, waitingReason: _, ...dut }) => ({ ...dut, intentSinceMs: since?.getTime() ?? null })),
    // Heads of lines are of active campaigns only.
    campaigns: [],
    leases: await database.query<Row<BoardLease>>(LEASES),
    active: await database.query<Row<BoardActiveRun>>(ACTIVE),
    queued: [],
  };
  return { board, saidOfDut: new Map(duts.map(({ id, waitingReason }) => [id, waitingReason])) };
}

const ACTIVE = `
SELECT id, dut_id AS "dutId", campaign_id AS "campaignId", ordinal, plan_name AS "planName"
  FROM run WHERE state IN ('assigned', 'running')`;
const HOSTS = `
SELECT host.id, host.name, host.intent, host.intent_reason AS "intentReason", host.observed, host.last_heartbeat_at AS last,
       (spool_limit_bytes - spool_used_bytes - COALESCE(promised.bytes, 0))::bigint AS spool
  FROM host
  LEFT JOIN (SELECT host_id, sum(spool_bytes) AS bytes FROM run
              WHERE state IN ('assigned', 'running') GROUP BY host_id) promised ON promised.host_id = host.id`;
const SLOTS = `
SELECT slot.id, slot.name, slot.host_id AS "hostId", slot.state, slot.state_reason AS "stateReason", slot.blocked,
       slot.removed_at IS NOT NULL AS removed, slot.power_driver IS NOT NULL AS power, slot.effects,
       power_domain.id AS "domainId", power_domain.name AS "domainName", occupancy.dut_id AS "dutId"
  FROM slot
  LEFT JOIN power_domain ON power_domain.id = slot.power_domain_id
  LEFT JOIN occupancy ON occupancy.slot_id = slot.id AND occupancy.to_at IS NULL`;
const DUTS = `
SELECT dut.id, dut.serial, dut.intent, dut.intent_reason AS "intentReason", hold.from_at AS since, dut.health,
       dut.health_reason AS "healthReason", dut.conflict, dut.waiting_reason AS "waitingReason"
  FROM dut LEFT JOIN hold ON hold.dut_id = dut.id AND hold.to_at IS NULL`;
const LEASES = `
SELECT resource.kind, resource.key, lease.run_id AS "runId"
  FROM lease JOIN resource ON resource.id = lease.resource_id WHERE lease.ended_at IS NULL`;
