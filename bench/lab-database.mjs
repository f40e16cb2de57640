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
    /** A fleet with a line of runs before its drives: `hosts` x `slotsPerHost`, run n on drive n modulo all. */
    async addFleet(hosts, slotsPerHost, runs) {
      await database.query(
        `WITH host AS (INSERT INTO host (name, observed, queue_name) SELECT 'h' || n, 'online', 'h' || n
                         FROM generate_series(0, $1::integer - 1) n RETURNING id, name),
              place AS (INSERT INTO slot (host_id, name, transport, address, effects, power_driver)
                        SELECT host.id, 's' || n, 'model', 'x', '{writes,power-cycles}', 'simulated'
                          FROM host, generate_series(0, $2::integer - 1) n RETURNING id, host_id, name),
              drive AS (INSERT INTO dut (model, serial) SELECT 'BENCH', 'D' || row_number() OVER () FROM place RETURNING id)
         INSERT INTO occupancy (dut_id, slot_id, from_at)
         SELECT drive.id, place.id, now() FROM (SELECT id, row_number() OVER () n FROM drive) drive
           JOIN (SELECT id, row_number() OVER () n FROM place) place USING (n)`,
        [hosts, slotsPerHost],
      );
      const body = { effects: ["writes"], needs: { power: null }, isolation: "slot" };
      await database.query("UPDATE resolved_plan SET body = $1", [JSON.stringify(body)]);
      await database.query(
        `WITH wave AS (INSERT INTO campaign (name, selection, created_by) SELECT 'c' || n, '{}', 'bench'
                         FROM generate_series(0, 19) n RETURNING id)
         INSERT INTO run (campaign_id, ordinal, dut_id, plan_revision_id, plan_name, priority, seed, source_hash, resolved_hash,
                          stimulus_hash, budget_ms, submitted_by, submitted_at)
         SELECT CASE WHEN n % 2 = 0 THEN wave.ids[1 + n % 20] END, n % 10, drive.ids[1 + n % cardinality(drive.ids)], $1, 'bench',
                n % 3, '1', 'bench', 'bench', 'bench', 1000, 'bench', now() - n * interval '100 ms'
           FROM generate_series(0, $2::integer - 1) n, (SELECT array_agg(id) AS ids FROM wave) wave,
                (SELECT array_agg(dut_id) AS ids FROM occupancy) drive`,
        [revisionId, runs],
      );
      await database.query("ANALYZE");
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
