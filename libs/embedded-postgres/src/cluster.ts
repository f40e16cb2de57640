/**
 * The folder of one database: `data` (the cluster), `password` (0600). A cluster is made aside and renamed into place,
 * so that a start that died half-way leaves nothing that looks finished.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Binaries } from "./binaries";
import { failureFrom, PostgresFailure } from "./failure";
import { launchCommand, UNPRIVILEGED_ID } from "./launch-command";

export const SUPERUSER = "assay";
const INIT_TIMEOUT_MS = 120_000;
const run = promisify(execFile);

export interface Cluster {
  dataDir: string;
  password: string;
}

/** Makes the cluster when it is absent; otherwise checks that this server can open it. @throws PostgresFailure */
export async function ensureCluster(
  dir: string,
  binaries: Binaries,
  uid: number,
  setpriv: string | null,
): Promise<Cluster> {
  const dataDir = path.join(dir, "data");
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const password = await ensurePassword(path.join(dir, "password"));
    const version = await readFile(path.join(dataDir, "PG_VERSION"), "utf8").catch(() => null);
    if (version === null) await initialise(dir, dataDir, binaries, uid, setpriv);
    else if (version.trim() !== binaries.major) {
      throw new PostgresFailure(
        "wrong-version",
        `${dataDir} was written by PostgreSQL ${version.trim()}, this is PostgreSQL ${binaries.major}`,
        "PG_VERSION",
      );
    }
    return { dataDir, password };
  } catch (error) {
    if (error instanceof PostgresFailure) throw error;
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
    throw failureFrom([stdout, stderr, message].filter(Boolean).join("\n"), dir);
  }
}

async function initialise(dir: string, dataDir: string, binaries: Binaries, uid: number, setpriv: string | null) {
  await removeAbandoned(dir);
  const fresh = path.join(dir, `data.new-${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(fresh, { mode: 0o700 });
    if (uid === 0) await chown(fresh, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
    const locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"];
    const login = [`--username=${SUPERUSER}`, "--auth=scram-sha-256", `--pwfile=${path.join(dir, "password")}`];
    const command = launchCommand(uid, setpriv, binaries.initdb, [
      "-D",
      fresh,
      "--no-instructions",
      ...login,
      ...locale,
    ]);
    await run(command.program, command.args, { timeout: INIT_TIMEOUT_MS, cwd: "/", env: { PATH: process.env.PATH } });
    await rename(fresh, dataDir).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else was first: his cluster has the same password and is as good.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function removeAbandoned(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = /^data\.new-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(dir, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The password of the superuser: made once, 0600, never replaced. */
async function ensurePassword(file: string): Promise<string> {
  const known = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return null;
  });
  if (known !== null) return known.trim();
  const aside = `${file}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(aside, `${randomBytes(24).toString("hex")}\n`, { mode: 0o600, flag: "wx", flush: true });
    await chmod(aside, 0o600);
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(aside, { force: true });
  }
  return (await readFile(file, "utf8")).trim();
}
