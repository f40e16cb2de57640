/** Starts a real PostgreSQL from npm on a folder of ours. */
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { Client } from "pg";
import { type Binaries, findBinaries } from "./binaries";
import { type Cluster, ensureCluster, SUPERUSER } from "./cluster";
import { failureFrom, PostgresFailure } from "./failure";
import { freePort } from "./free-port";
import { launchCommand } from "./launch-command";
import { findRunningServer } from "./running-server";
import { type ServerExit, ServerProcess, settledWithin } from "./server-process";
import { serverArguments } from "./settings";

const DATABASE = "assay";
/** After a kill -9 the old server's traces (zombie, backends) are gone within seconds. */
const RETRY_FOR_MS = 20_000;
const RETRY_EVERY_MS = 250;
const MAX_PORT_TRIES = 5;
/** Crash recovery reads at most max_wal_size. */
const READY_WITHIN_MS = 180_000;

export interface StartOptions {
  /** Folder of this database; made when absent. */
  dir: string;
  /** TCP port on 127.0.0.1; 0 or absent chooses a free one. */
  port?: number;
  /** Receives every line that the server says. */
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** `postgres://assay:<password>@127.0.0.1:<port>/assay`: a secret. */
  url: string;
  port: number;
  pid: number;
  /** Fast shutdown; idempotent. */
  stop(): Promise<void>;
  /** Resolves when the server process has ended, however. */
  exited: Promise<ServerExit>;
}

/**
 * Starts the server on `dir` (which is initialised the first time) and returns when it accepts connections.
 * The server ends when this process ends. @throws PostgresFailure with a sentence to print.
 */
export async function startPostgres(options: StartOptions): Promise<EmbeddedPostgres> {
  const dir = path.resolve(options.dir);
  const uid = process.getuid?.() ?? -1;
  const setpriv = await findProgram("setpriv");
  const binaries = await findBinaries();
  const cluster = await ensureCluster(dir, binaries, uid, setpriv);
  const { server, port } = await startServer(options, dir, uid, setpriv, binaries, cluster);
  const address = `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}`;
  try {
    await ensureDatabase(`${address}/postgres`);
  } catch (error) {
    await server.stop();
    throw failureFrom(`${server.lastWords()}\n${(error as Error).message}`, dir);
  }
  return {
    url: `${address}/${DATABASE}`,
    port,
    pid: server.pid,
    stop: () => server.stop(),
    exited: server.exited,
  };
}

async function startServer(
  options: StartOptions,
  dir: string,
  uid: number,
  setpriv: string | null,
  binaries: Binaries,
  cluster: Cluster,
): Promise<{ server: ServerProcess; port: number }> {
  const giveUpAt = Date.now() + RETRY_FOR_MS;
  let portTries = 0;
  for (;;) {
    const holder = await findRunningServer(cluster.dataDir);
    if (holder !== null) {
      throw new PostgresFailure(
        "already-running",
        `PostgreSQL already runs on ${dir} (pid ${holder}): stop the other lab first, or choose another folder`,
        `pid ${holder}`,
      );
    }
    const port = options.port || (await freePort());
    const command = launchCommand(uid, setpriv, binaries.postgres, serverArguments(cluster.dataDir, port));
    const server = new ServerProcess(command, options.log ?? (() => {}));
    if (!(await settledWithin(server.ready, READY_WITHIN_MS))) {
      await server.stop();
      throw new PostgresFailure("too-slow", `PostgreSQL in ${dir} was not ready in ${READY_WITHIN_MS / 1000} s`, "");
    }
    if (await server.ready) return { server, port };
    await server.exited;
    const failure = failureFrom(server.lastWords(), dir);
    const anotherPort = failure.code === "port-taken" && !options.port && ++portTries < MAX_PORT_TRIES;
    const waitForTraces = failure.passing === true && Date.now() < giveUpAt;
    if (!anotherPort && !waitForTraces) {
      if (failure.code !== "port-taken") throw failure;
      throw new PostgresFailure("port-taken", `port ${port} on 127.0.0.1 is taken by another program`, failure.detail);
    }
    if (waitForTraces) await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY_MS));
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) {
      await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: { code?: string }) => {
        if (error.code !== "42P04") throw error;
      });
    }
  } finally {
    await client.end();
  }
}

async function findProgram(name: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? "").split(":").concat("/usr/bin", "/bin", "/usr/sbin", "/sbin")) {
    const file = path.join(folder, name);
    if (
      folder !== "" &&
      (await access(file, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return file;
  }
  return null;
}
