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

export interface ExpiredPartition extends PresentPartition {
  /** Runs of its days that are kept for ever. */
  pinned: string[];
}

/** Expired partitions that hold rows which may go, and nothing of an unfinished run; oldest first. */
export async function findExpiredPartitions(database: Queryable, now: Date): Promise<ExpiredPartition[]> {
  const tables = new Map(TELEMETRY_TABLES.map((table) => [table.name, table]));
  const expired: ExpiredPartition[] = [];
  const present = (await listPartitions(database)).sort((a, b) => (a.to < b.to ? -1 : 1));
  for (const partition of present) {
    const { table, name, from, to } = partition;
    const rule = tables.get(table);
    if (rule === undefined || !isExpired(rule, to, now) || expired.length >= MAX_DROPS_PER_ROUND) continue;
    const kept = await database.query<{ id: string; finished: boolean }>(
      `SELECT id, state = 'finished' AS finished FROM run
        WHERE claimed_at >= $1::timestamptz AND claimed_at < $2::timestamptz AND (pinned OR state <> 'finished')`,
      [`${from}T00:00:00Z`, `${to}T00:00:00Z`],
    );
    if (kept.some(({ finished }) => !finished)) continue;
    const pinned = kept.map(({ id }) => id);
    if (pinned.length === 0 || (await holdsOthers(database, name, pinned))) expired.push({ ...partition, pinned });
  }
  return expired;
}

async function holdsOthers(database: Queryable, name: string, pinned: readonly string[]): Promise<boolean> {
  const rows = await database.query(`SELECT 1 FROM telemetry.${name} WHERE run_id <> ALL($1::uuid[]) LIMIT 1`, [
    pinned,
  ]);
  return rows.length > 0;
}

/**
 * Drops one partition in a transaction of its own; what pinned runs have in it moves into another one of the same name and
 * days. The rows are copied before the table of all partitions is locked.
 */
export async function dropPartition(
  transaction: Transaction,
  { table, name, from, to, pinned }: ExpiredPartition,
): Promise<void> {
  const kept = `telemetry.${name}_kept`;
  if (pinned.length > 0) {
    await transaction.query(
      `CREATE TABLE ${kept} (LIKE telemetry.${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)`,
    );
    await transaction.query(`INSERT INTO ${kept} SELECT * FROM telemetry.${name} WHERE run_id = ANY($1::uuid[])`, [
      pinned,
    ]);
  }
  await transaction.query(`SET LOCAL lock_timeout = ${DROP_LOCK_WITHIN_MS}`);
  await transaction.query(`DROP TABLE telemetry.${name}`);
  if (pinned.length === 0) return;
  await transaction.query(`ALTER TABLE ${kept} RENAME TO ${name}`);
  await transaction.query(
    `ALTER TABLE telemetry.${table} ATTACH PARTITION telemetry.${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

/** Whether an error says that a row's day has no partition. */
export function lacksPartition(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "23514" && (message ?? "").startsWith("no partition of relation");
}
