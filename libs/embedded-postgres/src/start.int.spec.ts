import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { type EmbeddedPostgres, startPostgres } from "./start";

jest.setTimeout(120_000);

let home: string;
const running: EmbeddedPostgres[] = [];
const mounts: string[] = [];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "assay-pg-"));
  await chmod(home, 0o700);
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  for (const mount of mounts.splice(0)) execFileSync("umount", [mount]);
  await rm(home, { recursive: true, force: true });
});

async function start(options: { dir?: string; port?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dir: path.join(home, "pg"), ...options });
  running.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: Error & { code?: string }) => error,
  );

describe("an embedded PostgreSQL", () => {
  it("keeps its rows from one start to the next, below a 0700 home", async () => {
    const first = await start();
    await query(first.url, "CREATE TABLE kept AS SELECT 7 AS n");
    await first.stop();
    const second = await start();
    expect(await query(second.url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
  });

  it("keeps its password in a 0600 file and lets nobody in without it", async () => {
    const server = await start();
    expect((await stat(path.join(home, "pg", "password"))).mode & 0o777).toBe(0o600);
    const rules = await query(server.url, "SELECT DISTINCT auth_method FROM pg_hba_file_rules");
    expect(rules).toEqual([{ auth_method: "scram-sha-256" }]);
    const wrong = server.url.replace(/:[^:@]*@/, ":guess@");
    expect((await failureOf(query(wrong, "SELECT 1")))?.message).toMatch(/password authentication failed/);
  });

  it("listens on loopback only and keeps fsync on", async () => {
    const server = await start();
    const shown = await query(
      server.url,
      "SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync",
    );
    expect(shown).toEqual([{ listen: "127.0.0.1", fsync: "on" }]);
  });

  it("refuses a second start on a running folder and names the holder", async () => {
    const server = await start();
    const failure = await failureOf(start());
    expect(failure?.code).toBe("already-running");
    expect(failure?.message).toContain(`pid ${server.pid}`);
  });

  it("loses no acknowledged row to a kill -9 and starts again at once", async () => {
    const server = await start();
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS n");
    process.kill(server.pid, "SIGKILL");
    expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
    const again = await start();
    expect(await query(again.url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
  });

  it("is not kept from starting by a lock file whose pid now belongs to another program", async () => {
    const server = await start();
    await server.stop();
    const lock = path.join(home, "pg", "data", "postmaster.pid");
    await writeFile(lock, `${process.pid}\n${path.join(home, "pg", "data")}\n0\n1\n\n127.0.0.1\n0 0\n`);
    await expect(start()).resolves.toBeDefined();
  });

  it("says that the port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const port = (taken.address() as { port: number }).port;
    const failure = await failureOf(start({ port }));
    taken.close();
    expect(failure?.code).toBe("port-taken");
    expect(failure?.message).toContain(String(port));
  });

  it("refuses a folder of another PostgreSQL version", async () => {
    await mkdir(path.join(home, "pg", "data"), { recursive: true });
    await writeFile(path.join(home, "pg", "data", "PG_VERSION"), "99\n");
    expect((await failureOf(start()))?.message).toMatch(/written by PostgreSQL 99/);
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot("says that the disk is full, and starts when there is room (needs root to mount)", async () => {
    const disk = path.join(home, "disk");
    await mkdir(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", disk], { stdio: "pipe" });
    } catch {
      console.log("skipped: this machine does not let root mount");
      return;
    }
    mounts.push(disk);
    expect((await failureOf(start({ dir: path.join(disk, "pg") })))?.code).toBe("disk-full");
    execFileSync("mount", ["-o", "remount,size=512m", disk]);
    const server = await start({ dir: path.join(disk, "pg") });
    await server.stop();
    execFileSync("mount", ["-o", "remount,ro", disk]);
    expect((await failureOf(start({ dir: path.join(disk, "pg") })))?.code).toBe("read-only");
  });

  it("does not outlive a parent that was killed", async () => {
    const script = path.join(home, "parent.cjs");
    const library = path.resolve(__dirname, "../dist/index.js");
    if ((await readFile(library, "utf8").catch(() => null)) === null) {
      console.log("skipped: libs/embedded-postgres is not built");
      return;
    }
    await writeFile(
      script,
      `require(${JSON.stringify(library)}).startPostgres({ dir: ${JSON.stringify(path.join(home, "pg"))} })
        .then(() => process.kill(process.pid, "SIGKILL"));`,
    );
    expect(() => execFileSync(process.execPath, [script], { stdio: "ignore" })).toThrow();
    const giveUp = Date.now() + 30_000;
    let failure = await failureOf(start());
    while (failure?.code === "already-running" && Date.now() < giveUp) failure = await failureOf(start());
    expect(failure).toBeNull();
  });
});
