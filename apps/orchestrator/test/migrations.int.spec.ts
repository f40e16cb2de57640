import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { applyMigrations, MigrationRefused } from "../src/platform/migrations";
import { TestPostgres } from "./application";

jest.setTimeout(120_000);

const MIGRATIONS = join(__dirname, "..", "..", "..", "prisma", "migrations");

describe("the migrations", () => {
  let postgres: TestPostgres;
  let folder: string;
  let count = 0;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    folder = await mkdtemp(join(tmpdir(), "assay-migrations-"));
  });
  afterAll(async () => {
    await postgres?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function sql(url: string, text: string) {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** An empty database of its own for each test. */
  async function emptyDatabase(): Promise<string> {
    const url = new URL(postgres.url);
    const name = `migrations_${++count}`;
    await sql(url.href, `CREATE DATABASE ${name}`);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** Our migrations and one more, as a newer Assay would have them. */
  async function withOneMore(text: string): Promise<string> {
    const newer = join(folder, `newer-${++count}`);
    await cp(MIGRATIONS, newer, { recursive: true });
    await mkdir(join(newer, "29990101000000_later"));
    await writeFile(join(newer, "29990101000000_later", "migration.sql"), text);
    return newer;
  }

  const names = async () =>
    (await readdir(MIGRATIONS, { withFileTypes: true }))
      .filter((one) => one.isDirectory())
      .map((one) => one.name)
      .sort();

  it("are applied once, and then there is nothing to do", async () => {
    const url = await emptyDatabase();
    expect(await applyMigrations(url, MIGRATIONS)).toEqual(await names());
    expect(await applyMigrations(url, MIGRATIONS)).toEqual([]);
  });

  it("are applied once by three orchestrators that start together", async () => {
    const url = await emptyDatabase();
    const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(url, MIGRATIONS)));
    expect(applied.flat().sort()).toEqual(await names());
    expect(await sql(url, "SELECT 1 FROM _prisma_migrations")).toHaveLength((await names()).length);
  });

  it("refuse a database that a newer Assay wrote, in words", async () => {
    const url = await emptyDatabase();
    await applyMigrations(url, await withOneMore("CREATE TABLE later (id int);"));
    await expect(applyMigrations(url, MIGRATIONS)).rejects.toThrow(MigrationRefused);
    await expect(applyMigrations(url, MIGRATIONS)).rejects.toThrow(/newer Assay.*29990101000000_later/);
  });

  it("refuse a database that was made with another text of a migration", async () => {
    const url = await emptyDatabase();
    await applyMigrations(url, await withOneMore("CREATE TABLE later (id int);"));
    const edited = await withOneMore("CREATE TABLE later (id bigint);");
    await expect(applyMigrations(url, edited)).rejects.toThrow(/29990101000000_later differs/);
  });

  it("leave nothing of a migration that fails in its middle", async () => {
    const url = await emptyDatabase();
    await applyMigrations(url, MIGRATIONS);
    const broken = await withOneMore("CREATE TABLE half (id int); SELECT * FROM nothing_of_that_name;");
    await expect(applyMigrations(url, broken)).rejects.toThrow("nothing_of_that_name");
    expect(await sql(url, "SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
    expect(await applyMigrations(url, await withOneMore("CREATE TABLE half (id int);"))).toEqual([
      "29990101000000_later",
    ]);
  });

  describe("make a database that", () => {
    let url: string;
    beforeAll(async () => {
      url = await emptyDatabase();
      await applyMigrations(url, MIGRATIONS);
      await sql(
        url,
        `INSERT INTO host (id, name, queue_name) VALUES ('00000000-0000-4000-8000-000000000001', 'h', 'q');
         INSERT INTO slot (id, host_id, name, transport, address) VALUES
           ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 's', 'model', 'x');
         INSERT INTO dut (id, model, serial) VALUES
           ('00000000-0000-4000-8000-000000000003', 'M', 'S1'), ('00000000-0000-4000-8000-000000000004', 'M', 'S2');
         INSERT INTO plan_revision (id, name, version, hash, schema_version, source_hash, source, canonical, created_by)
           VALUES ('00000000-0000-4000-8000-000000000005', 'p', '1', 'h', 1, 's', '', '{}', 'test');
         INSERT INTO resolved_plan (hash, stimulus_hash, body) VALUES ('r', 's', '{}');
         INSERT INTO run (id, dut_id, plan_revision_id, plan_name, seed, source_hash, resolved_hash, stimulus_hash, budget_ms, submitted_by)
           VALUES ('00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-000000000003',
                   '00000000-0000-4000-8000-000000000005', 'p', '1', 's', 'r', 's', 1000, 'test');
         INSERT INTO resource (id, kind, key) VALUES ('00000000-0000-4000-8000-000000000007', 'slot', 's');
         INSERT INTO lease (resource_id, run_id, epoch, ends_at) VALUES
           ('00000000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-000000000006', 1, now());
         INSERT INTO occupancy (dut_id, slot_id, from_at) VALUES
           ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000002', now());
         INSERT INTO attribution (run_id, cause, rule, confidence) VALUES
           ('00000000-0000-4000-8000-000000000006', 'dut', 'r', 1);`,
      );
    });

    it.each([
      [
        "has one live lease per resource (promise 1)",
        `INSERT INTO lease (resource_id, run_id, epoch, ends_at) SELECT resource_id, run_id, 2, now() FROM lease`,
        "lease_live_key",
      ],
      [
        "has one drive in a slot at a time",
        `INSERT INTO occupancy (dut_id, slot_id, from_at) SELECT '00000000-0000-4000-8000-000000000004', slot_id, now() FROM occupancy`,
        "occupancy_open_slot_key",
      ],
      [
        "gives no verdict to a run that is not finished",
        `UPDATE run SET verdict = 'passed'`,
        "run_verdict_when_finished",
      ],
      ["finishes no run without a verdict", `UPDATE run SET state = 'finished'`, "run_verdict_when_finished"],
      ["runs nothing without a place and an epoch", `UPDATE run SET state = 'running'`, "run_place_when_assigned"],
      ["rewrites no attribution", `UPDATE attribution SET cause = 'host'`, "append-only"],
      ["forgets no attribution", `DELETE FROM attribution`, "append-only"],
      [
        "believes nobody who is surer than sure",
        `INSERT INTO attribution (run_id, cause, rule, confidence) SELECT run_id, 'dut', 'r', 1.5 FROM attribution`,
        "attribution_confidence",
      ],
      [
        "gives no agent's token without a host",
        `INSERT INTO token (name, role, hash, created_by) VALUES ('x', 'agent', 'x', 'x')`,
        "token_agent_has_host",
      ],
    ])("%s", async (_, text, reason) => {
      await expect(sql(url, text)).rejects.toThrow(reason);
    });

    it("leases a resource again when the lease before has ended", async () => {
      await sql(url, "UPDATE lease SET ended_at = now(), end_reason = 'test'");
      await sql(
        url,
        "INSERT INTO lease (resource_id, run_id, epoch, ends_at) SELECT resource_id, run_id, 2, now() FROM lease",
      );
      expect(await sql(url, "SELECT epoch FROM lease WHERE ended_at IS NULL")).toEqual([{ epoch: 2 }]);
    });
  });
});
