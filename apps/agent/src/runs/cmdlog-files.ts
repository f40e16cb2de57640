/** Flight-recorder files: where the live rings are, and how they come to the disk once the runner is dead. */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CMDLOG_ENTRY_BYTES, CMDLOG_HEADER_BYTES, CMDLOG_MAX_ENTRIES } from "@assay/protocol";
import { writeDurably } from "../platform/durable-file";

const SHM_PREFIX = "assay-";
const TMPFS_MAGIC = 0x01021994;
/** With less free memory there the rings go to the disk. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;
const MAX_RING_BYTES = CMDLOG_HEADER_BYTES + CMDLOG_ENTRY_BYTES * CMDLOG_MAX_ENTRIES;
/** Most rings of one run that are kept. */
const MAX_RINGS = 256;

export interface Ring {
  qid: number;
  path: string;
}

/** Folder for the live rings of a run: tmpfs, because single writes to a busy disk stall; else inside the run's directory. */
export function chooseCmdlogDir(runName: string, runDirectory: string, agentDir: string, shm = "/dev/shm"): string {
  const uid = process.getuid?.() ?? 0;
  const hash = createHash("sha256").update(agentDir).digest("hex").slice(0, 12);
  const own = join(shm, `${SHM_PREFIX}${uid}-${hash}`);
  try {
    const { type, bavail, bsize } = statfsSync(shm);
    if (type !== TMPFS_MAGIC || bavail * bsize < LEAST_FREE_BYTES) return join(runDirectory, "cmdlog");
    mkdirSync(own, { recursive: true, mode: 0o700 });
    // Anybody may create names in /dev/shm: a folder of somebody else, or a link, is not ours.
    const { uid: owner, mode } = lstatSync(own);
    if (!lstatSync(own).isDirectory() || owner !== uid || (mode & 0o077) !== 0) return join(runDirectory, "cmdlog");
    return join(own, runName);
  } catch {
    return join(runDirectory, "cmdlog");
  }
}

/** The rings in a folder, by qid; none when the folder is not there. */
export function listRings(folder: string): Ring[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const qid = /^(\d{1,5})\.cmdlog$/.exec(name)?.[1];
      return qid === undefined ? [] : [{ qid: Number(qid), path: join(folder, name) }];
    })
    .filter((ring) => isRing(ring.path))
    .sort((a, b) => a.qid - b.qid)
    .slice(0, MAX_RINGS);
}

/** What queues that had this id before have left beside its ring, newest first. */
function earlierRings({ path }: Ring): string[] {
  return [1, 2].map((ago) => `${path}.${ago}`).filter((file) => isRing(file));
}

const isRing = (file: string) => {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= MAX_RING_BYTES;
};

/**
 * Copies the rings, and those of queues that had their ids before, to the disk and gives the memory back. Can be repeated
 * after a crash in the middle.
 */
export function saveRings(live: string, saved: string): void {
  mkdirSync(saved, { recursive: true, mode: 0o700 });
  if (live === saved) return;
  for (const ring of listRings(live))
    for (const path of [ring.path, ...earlierRings(ring)])
      writeDurably(join(saved, basename(path)), readFileSync(path));
  rmSync(live, { recursive: true, force: true });
  removeIfEmpty(dirname(live));
}

/** The agent's own folder in /dev/shm goes with its last run, so that removed agent folders leave nothing there. */
function removeIfEmpty(folder: string): void {
  if (!basename(folder).startsWith(SHM_PREFIX)) return;
  try {
    rmdirSync(folder);
  } catch {
    // Another run has its rings there.
  }
}
