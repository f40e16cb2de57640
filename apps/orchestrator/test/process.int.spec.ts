/** The process itself, as built: how it starts, what it says when it cannot, how it stops. Needs `npm run build`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { TestPostgres } from "./application";

jest.setTimeout(180_000);

const MAIN = join(__dirname, "..", "dist", "main.js");

async function freePort(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as { port: number }).port, server };
}

class Process {
  output = "";
  private readonly child: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(environment: Record<string, string>) {
    const { PATH } = process.env;
    this.child = spawn(process.execPath, [MAIN], { env: { PATH, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on("data", (bytes: Buffer) => {
        this.output += bytes.toString();
        this.heard?.();
      });
    }
    this.exited = once(this.child, "exit").then(([code]) => code as number | null);
  }
  private heard: (() => void) | null = null;

  async says(text: string): Promise<void> {
    const gone = this.exited.then((code) => {
      throw new Error(`ended with ${code} before it said "${text}":\n${this.output}`);
    });
    gone.catch(() => {});
    while (!this.output.includes(text)) {
      await Promise.race([
        gone,
        new Promise<void>((resolve) => {
          this.heard = resolve;
        }),
      ]);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async end(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }
}

describe("the orchestrator's process", () => {
  let postgres: TestPostgres;
  let folder: string;
  const running: Process[] = [];

  beforeAll(async () => {
    expect(existsSync(MAIN)).toBe(true);
    folder = mkdtempSync(join(tmpdir(), "assay-process-"));
    postgres = await TestPostgres.start();
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.end();
  });
  afterAll(async () => {
    await postgres?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(more: Record<string, string> = {}) {
    const { port, server } = await freePort();
    server.close();
    await once(server, "close");
    const process = new Process({ DATABASE_URL: postgres.url, ASSAY_LISTEN: `127.0.0.1:${port}`, ...more });
    running.push(process);
    const call = (method: string, path: string, token?: string, body?: unknown) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body ? { "content-type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    return { process, port, call };
  }

  it("waits for a database that is away, says so, and writes the first admin token where only its owner reads it", async () => {
    await postgres.stop();
    const file = join(folder, "state", "admin.token");
    const { process, call } = await start({ ASSAY_ADMIN_TOKEN_FILE: file });
    await process.says("waiting for the database and its schema");
    expect((await call("GET", "/livez")).status).toBe(200);
    const ready = await call("GET", "/readyz");
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      missing: [expect.stringContaining("ECONNREFUSED"), expect.anything()],
    });
    const refused = await call("GET", "/api/v1/duts", "assay_admin_any-token-at-all");
    expect(refused.status).toBe(503);
    await postgres.startAgain();
    await process.says('"message":"ready"');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(file, "utf8").trim();
    expect((await call("GET", "/api/v1/tokens", token)).status).toBe(200);
    process.signal("SIGTERM");
    expect(await process.exited).toBe(0);
    expect(process.output).not.toContain(token);
    // A second start finds an admin and makes none.
    const again = await start({ ASSAY_ADMIN_TOKEN_FILE: file });
    await again.process.says('"message":"ready"');
    expect(readFileSync(file, "utf8").trim()).toBe(token);
    expect((await again.call("GET", "/api/v1/tokens", token)).status).toBe(200);
  });

  it("answers at SIGTERM what is under way, and then ends with 0", async () => {
    const file = join(folder, "second.token");
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("UPDATE token SET revoked_at = now() WHERE role = 'admin'");
    const { process, call } = await start({ ASSAY_ADMIN_TOKEN_FILE: file });
    await process.says('"message":"ready"');
    const token = readFileSync(file, "utf8").trim();
    // While this lock is held the requests cannot be carried out.
    await client.query("BEGIN");
    await client.query("LOCK TABLE enrollment_token IN EXCLUSIVE MODE");
    const answers = Array.from({ length: 5 }, (_, n) =>
      call("POST", "/api/v1/enrollments", token, { hostName: `late-${n}` }),
    );
    const waiting = "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted";
    while ((await client.query(waiting)).rows[0].n < 5) await new Promise((resolve) => setTimeout(resolve, 20));
    process.signal("SIGTERM");
    await process.says('"message":"stopping"');
    expect((await call("GET", "/api/v1/duts", token).catch(() => ({ status: 503 }))).status).toBe(503);
    await client.query("COMMIT");
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(201);
    expect(await process.exited).toBe(0);
    const { rows } = await client.query("SELECT 1 FROM enrollment_token WHERE host_name LIKE 'late-%'");
    const audited = await client.query("SELECT 1 FROM audit WHERE action = 'createEnrollment'");
    expect([rows.length, audited.rows.length]).toEqual([5, 5]);
    await client.end();
  });

  it("ends at SIGTERM also while it still waits for the database", async () => {
    const { process } = await start({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" });
    await process.says("waiting for the database");
    process.signal("SIGTERM");
    expect(await process.exited).toBe(0);
  });

  it("names a port that is taken", async () => {
    const { port, server } = await freePort();
    const { process } = await start({ ASSAY_LISTEN: `127.0.0.1:${port}` });
    expect(await process.exited).toBe(2);
    expect(process.output).toContain(`127.0.0.1:${port} is taken by another program; choose another with ASSAY_LISTEN`);
    server.close();
  });

  it("refuses a database that a newer Assay wrote", async () => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_later', now())`,
    );
    const { process } = await start();
    expect(await process.exited).toBe(2);
    expect(process.output).toContain("written by a newer Assay (it has 29990101000000_later)");
    await client.query("DELETE FROM _prisma_migrations WHERE id = 'x'");
    await client.end();
  });

  it.each([
    [{ DATABASE_URL: "" }, "DATABASE_URL is not set"],
    [{ ASSAY_LISTEN: "nowhere" }, 'ASSAY_LISTEN "nowhere" is not host:port'],
  ])("says what is wrong with %j", async (environment, sentence) => {
    const { process } = await start(environment);
    expect(await process.exited).toBe(2);
    expect(process.output).toContain(sentence);
  });
});
