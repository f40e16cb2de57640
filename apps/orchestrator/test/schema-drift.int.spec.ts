/** schema.prisma and the migrations must describe one database: Prisma's own comparison, over the WASM engine. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@assay/embedded-postgres";
import { applyMigrations } from "../src/platform/migrations";

jest.setTimeout(120_000);

const ROOT = join(__dirname, "..", "..", "..");
const SCHEMA = join(ROOT, "prisma", "schema.prisma");

describe("the Prisma schema and the migrations", () => {
  let folder: string;
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assay-drift-"));
    server = await startPostgres({ dir: join(folder, "pg") });
    await applyMigrations(server.url, join(ROOT, "prisma", "migrations"));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** 0: nothing differs, 2: something does; anything else: the comparison itself failed. */
  function compare(schema: string) {
    const cli = require.resolve("prisma/build/index.js");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [cli, "migrate", "diff", "--from-config-datasource", "--to-schema", schema, "--exit-code"],
      {
        cwd: ROOT,
        encoding: "utf8",
        env: { ...process.env, DATABASE_URL: server.url, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
      },
    );
    return { status, stdout: stdout.trim(), stderr };
  }

  it("agree", () => {
    expect(compare(SCHEMA)).toEqual({
      status: 0,
      stdout: "No difference detected.",
      stderr: expect.not.stringContaining("Error"),
    });
  });

  it("are told apart when the schema gains a column that no migration makes", () => {
    const changed = join(folder, "changed.prisma");
    writeFileSync(changed, readFileSync(SCHEMA, "utf8").replace("model Host {", "model Host {\n  rackUnit Int?\n"));
    expect(compare(changed)).toMatchObject({ status: 2, stdout: expect.stringContaining("rackUnit") });
  });

  it("are told apart when the schema loses an index that a migration made", () => {
    const changed = join(folder, "no-index.prisma");
    writeFileSync(changed, readFileSync(SCHEMA, "utf8").replace("  @@index([serial])\n", ""));
    expect(compare(changed)).toMatchObject({ status: 2, stdout: expect.stringContaining("serial") });
  });
});
