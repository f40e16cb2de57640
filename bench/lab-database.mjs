/** A PostgreSQL with our schema, one host and one DUT, for the benchmarks. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

const require = createRequire(import.meta.url);
const { startPostgres } = require("../libs/embedded-postgres/dist");
const { Database } = require("../apps/orchestrator/dist/platform/database");
const { Log } = require("../apps/orchestrator/dist/platform/log");
const { applyMigrations } = require("../apps/orchestrator/dist/platform/migrations");
const { makePartitionsAhead } = require("../apps/orchestrator/dist/ingest/partitions");

export async function openLab() {
  const dir = await mkdtemp(path.join(tmpdir(), "assay-bench-"));
  const server = await startPostgres({ dir });
  await applyMigrations(server.url, path.resolve(import.meta.dirname, "../prisma/migrations"));
  const database = new Database(server.url, new Log("error"));
  const now = new Date();
  await database.transaction((transaction) => makePartitionsAhead(transaction, now));
  const one = async (sql, values = []) => (await database.query(sql, values))[0].id;
  const hostId = await one(
    "INSERT INTO host (name, observed, queue_name) VALUES ('bench', 'online', 'bench') RETURNING id",
  );
  const slotId = await one(
    "INSERT INTO slot (host_id, name, transport, address) VALUES ($1, 'bay-1', 'model', 'x') RETURNING id",
    [hostId],
  );
  const dutId = await one("INSERT INTO dut (model, serial) VALUES ('BENCH', 'BENCH') RETURNING id");
  const revisionId = await one(
    `INSERT INTO plan_revision (name, version, hash, schema_version, source_hash, source, canonical, created_by)
     VALUES ('bench', '1.0.0', 'bench', 1, 'bench', '', '{}', 'bench') RETURNING id`,
  );
  await database.query("INSERT INTO resolved_plan (hash, stimulus_hash, body) VALUES ('bench', 'bench', '{}')");
  return {
    ...{ database, now, hostId, slotId, dutId, day: now.toISOString().slice(0, 10) },
    /** A run that is under way. */
    async addRun() {
      const id = randomUUID();
      await database.query(
        `INSERT INTO run (id, dut_id, plan_revision_id, plan_name, seed, source_hash, resolved_hash, stimulus_hash, budget_ms,
                          submitted_by, state, host_id, slot_id, epoch, claimed_at, firmware_at_start)
         VALUES ($1, $2, $3, 'bench', '1', 'bench', 'bench', 'bench', 1000, 'bench', 'running', $4, $5, 1, $6, '1.0')`,
        [id, dutId, revisionId, hostId, slotId, now],
      );
      return id;
    },
    async close() {
      await database.close();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export function eventBatch(bodies, first, now) {
  return {
    eventVersion: 1,
    epoch: 1,
    events: bodies.map((body, n) => ({ seq: first + n, atMs: now.getTime(), body })),
  };
}
