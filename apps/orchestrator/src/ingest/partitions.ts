/** Makes the partitions of the telemetry tables ahead of time and on demand, and drops those that retention ended. */
import type { Queryable, Transaction } from "../platform/database";
import { isExpired, type Partition, partitionFor, partitionsAhead, TELEMETRY_TABLES } from "./partition-plan";

/** One maker at a time over all orchestrators. */
const PARTITION_LOCK = 7270_0002;
/** Retention gives way to work: what it cannot lock in time, it drops the next time. */
const DROP_LOCK_WITHIN_MS = 2_000;
const MAX_DROPS_PER_ROUND = 50;

/** Makes what the coming days need. Cheap when it is there. */
export async function makePartitionsAhead(transaction: Transaction, now: Date): Promise<string[]> {
  return makePartitions(transaction, partitionsAhead(now));
}

/** Makes what events of one day need: a run that was claimed on a day whose partition is absent. */
export async function makePartitionsOf(transaction: Transaction, day: string): Promise<string[]> {
  return makePartitions(
    transaction,
    TELEMETRY_TABLES.map((table) => partitionFor(table, day)),
  );
}

async function makePartitions(transaction: Transaction, wanted: readonly Partition[]): Promise<string[]> {
  const present = new Set((await listPartitions(transaction)).map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !present.has(name));
  if (missing.length === 0) return [];
  await transaction.query("SELECT pg_advisory_xact_lock($1)", [PARTITION_LOCK]);
  for (const { table, name, from, to } of missing) {
    await transaction.query(
      `CREATE TABLE IF NOT EXISTS telemetry.${name} PARTITION OF telemetry.${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
  }
  return missing.map(({ name }) => name);
}

export interface PresentPartition {
  table: string;
  name: string;
  from: string;
  to: string;
}

async function listPartitions(database: Queryable): Promise<PresentPartition[]> {
  const rows = await database.query<{ table: string; name: string; bounds: string }>(
    `SELECT parent.relname AS "table", child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bounds
       FROM pg_inherits
       JOIN pg_class parent ON parent.oid = inhparent
       JOIN pg_class child ON child.oid = inhrelid
       JOIN pg_namespace ON pg_namespace.oid = parent.relnamespace
      WHERE nspname = 'telemetry'`,
  );
  return rows.flatMap(({ table, name, bounds }) => {
    const days = /FROM \('([\d-]+)'\) TO \('([\d-]+)'\)/.exec(bounds);
    return days === null ? [] : [{ table, name, from: days[1]!, to: days[2]! }];
  });
}

/** Expired partitions that hold nothing of a pinned or unfinished run, oldest first. */
export async function findExpiredPartitions(database: Queryable, now: Date): Promise<PresentPartition[]> {
  const tables = new Map(TELEMETRY_TABLES.map((table) => [table.name, table]));
  const expired: PresentPartition[] = [];
  const present = (await listPartitions(database)).sort((a, b) => (a.to < b.to ? -1 : 1));
  for (const partition of present) {
    const { table, from, to } = partition;
    const rule = tables.get(table);
    if (rule === undefined || !isExpired(rule, to, now) || expired.length >= MAX_DROPS_PER_ROUND) continue;
    const [kept] = await database.query(
      `SELECT 1 FROM run WHERE claimed_at >= $1::timestamptz AND claimed_at < $2::timestamptz
          AND (pinned OR state <> 'finished') LIMIT 1`,
      [`${from}T00:00:00Z`, `${to}T00:00:00Z`],
    );
    if (kept === undefined) expired.push(partition);
  }
  return expired;
}

/** Drops one partition in a transaction of its own. */
export async function dropPartition(transaction: Transaction, name: string): Promise<void> {
  await transaction.query(`SET LOCAL lock_timeout = ${DROP_LOCK_WITHIN_MS}`);
  await transaction.query(`DROP TABLE telemetry.${name}`);
}

/** Whether an error says that a row's day has no partition. */
export function lacksPartition(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "23514" && (message ?? "").startsWith("no partition of relation");
}
