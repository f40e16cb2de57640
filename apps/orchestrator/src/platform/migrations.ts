/**
 * Brings the database to our schema: prisma/migrations/<name>/migration.sql in the order of their names, under Prisma's
 * own advisory lock and in its own ledger, so that Prisma's tools agree afterwards.
 */
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";

/** Prisma's lock for migrations; several orchestrators start at once. */
const ADVISORY_LOCK = 72707369;
const MAX_MIGRATIONS = 10_000;

export interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

export interface LedgerRow {
  name: string;
  checksum: string;
  finished: boolean;
  rolledBack: boolean;
}

/** The database is not ours to touch; the message says why and what to do. */
export class MigrationRefused extends Error {}

export async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/** Pure: which migrations are to be applied. @throws MigrationRefused when the database is newer, edited or half done. */
export function missingMigrations(ours: Migration[], ledger: LedgerRow[]): Migration[] {
  const applied = ledger.filter((row) => !row.rolledBack);
  const known = new Map(ours.map((migration) => [migration.name, migration]));
  const unknown = applied.filter((row) => !known.has(row.name)).map((row) => row.name);
  if (unknown.length > 0) {
    throw new MigrationRefused(
      `the database was written by a newer Assay (it has ${unknown.join(", ")}): start that version, or restore an older backup`,
    );
  }
  for (const row of applied) {
    if (!row.finished) {
      throw new MigrationRefused(
        `migration ${row.name} was begun and did not end: look at _prisma_migrations, repair, then \`prisma migrate resolve\``,
      );
    }
    if (known.get(row.name)!.checksum !== row.checksum) {
      throw new MigrationRefused(`migration ${row.name} differs from the one that this database was made with`);
    }
  }
  const done = new Set(applied.map((row) => row.name));
  return ours.filter((migration) => !done.has(migration.name));
}

/** @returns the names that were applied now. @throws MigrationRefused, or the database's own error. */
export async function applyMigrations(url: string, folder: string): Promise<string[]> {
  const ours = await readMigrations(folder);
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: "assay-migrations",
  });
  // The loss of the connection is reported by the query that it breaks.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [ADVISORY_LOCK]);
    await client.query(LEDGER);
    const missing = missingMigrations(ours, await readLedger(client));
    for (const migration of missing) await apply(client, migration);
    return missing.map((migration) => migration.name);
  } finally {
    // The session's end releases the lock.
    await client.end();
  }
}

async function readLedger(client: Client): Promise<LedgerRow[]> {
  const { rows } = await client.query<LedgerRow>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS "rolledBack"
       FROM _prisma_migrations ORDER BY migration_name LIMIT ${MAX_MIGRATIONS}`,
  );
  return rows;
}

/** Script and ledger row commit together: a crash leaves neither. */
async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** As Prisma makes it. */
const LEDGER = `CREATE TABLE IF NOT EXISTS public._prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;
