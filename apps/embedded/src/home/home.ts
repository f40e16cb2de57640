/** The lab's folder: one lab at a time, of a known format, with room to write. */

import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { LabError, sentenceFor } from "../lab-error";

/** Raised when an older Assay could no longer read the folder. */
export const HOME_FORMAT = 1;
/** A new lab writes a database cluster and five drives; one that exists needs room to go on. */
const LEAST_FREE_NEW_BYTES = 512 * 1024 * 1024;
const LEAST_FREE_BYTES = 64 * 1024 * 1024;

export interface Home {
  path: string;
  postgres: string;
  agent: string;
  logs: string;
  hostFile: string;
  adminToken: string;
  enrollToken: string;
  /** URL of the orchestrator, for the command line. */
  address: string;
  state: string;
  /** Pids of the services that run now. */
  processes: string;
  close(): void;
}

/** Makes or opens the folder and holds it until `close` or the end of this process. @throws LabError */
export function openHome(path: string, assayVersion: string): Home {
  try {
    makeFolder(path);
    const unlock = lock(path);
    try {
      const isNew = checkFormat(path);
      checkRoom(path, isNew ? LEAST_FREE_NEW_BYTES : LEAST_FREE_BYTES);
      if (isNew) writeWhole(versionFile(path), `${JSON.stringify({ format: HOME_FORMAT, writtenBy: assayVersion })}\n`);
      const home: Home = {
        path,
        postgres: join(path, "postgres"),
        agent: join(path, "agent"),
        logs: join(path, "logs"),
        hostFile: join(path, "host.yaml"),
        adminToken: join(path, "admin.token"),
        enrollToken: join(path, "enroll.token"),
        address: join(path, "address"),
        state: join(path, "lab.json"),
        processes: join(path, "processes.json"),
        close: unlock,
      };
      mkdirSync(home.logs, { recursive: true, mode: 0o700 });
      return home;
    } catch (error) {
      unlock();
      throw error;
    }
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError(sentenceFor(error, path));
  }
}

/** Not `mkdir` with `recursive`: Node 20 never returns from it where a parent cannot be made, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  mkdirSync(path, { mode: 0o700 });
}

/**
 * flock(2) belongs to the open file: `flock` locks the descriptor that it shares with us and ends; the kernel drops the
 * lock when this process dies, however it dies. Children do not inherit it.
 */
function lock(path: string): () => void {
  const file = join(path, "lock");
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  const { status, error } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  if (error !== undefined) throw new LabError(`flock (Debian: util-linux) cannot be run: ${error.message}`);
  if (status !== 0) {
    const holder = readFileSync(file, "utf8").trim();
    closeSync(fd);
    const who = holder === "" ? "" : ` (process ${holder})`;
    throw new LabError(
      `another lab${who} already runs on ${path}: stop it first, or choose another folder with ASSAY_HOME`,
    );
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`, 0);
  return () => closeSync(fd);
}

const versionFile = (path: string) => join(path, "version.json");

/** @returns whether the folder is new. */
function checkFormat(path: string): boolean {
  const file = versionFile(path);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return true;
  }
  const { format, writtenBy } = parseVersion(text, file);
  if (format > HOME_FORMAT)
    throw new LabError(
      `${path} was written by a newer Assay (${writtenBy}, folder format ${format}; this one knows ${HOME_FORMAT}): ` +
        "use that version, or choose another folder with ASSAY_HOME",
    );
  return false;
}

function parseVersion(text: string, file: string): { format: number; writtenBy: string } {
  try {
    const { format, writtenBy } = JSON.parse(text) as { format?: unknown; writtenBy?: unknown };
    if (typeof format === "number") return { format, writtenBy: String(writtenBy) };
  } catch {
    // Said below.
  }
  throw new LabError(`${file} is damaged: it must say which format the folder has`);
}

function checkRoom(path: string, leastBytes: number): void {
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  if (free >= leastBytes) return;
  const mib = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MiB`;
  throw new LabError(
    `the disk that holds ${path} is full: ${mib(free)} are free, the lab needs ${mib(leastBytes)}; ` +
      "make room, or choose another folder with ASSAY_HOME",
  );
}

/** Whole or not at all, also when the machine stops in between. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  writeFileSync(`${file}.new`, text, { mode, flush: true });
  renameSync(`${file}.new`, file);
}
