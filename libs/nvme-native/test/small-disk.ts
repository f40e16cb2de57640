/**
 * A file system that can really be filled: a small tmpfs that one process of a test sees alone, in a mount namespace of its own.
 * The kernel takes it away with the process.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const UNSHARE = ["--mount", "--propagation", "private"];
const MOUNT = 'mount -t tmpfs -o "size=$1" assay "$2" && shift 2 && exec "$@"';

/** The command that runs `command` with an empty disk of so many bytes at `folder`, which exists. */
export const onSmallDisk = (bytes: number, folder: string, command: string[]): [string, string[]] => [
  "unshare",
  [...UNSHARE, "sh", "-c", MOUNT, "sh", String(bytes), folder, ...command],
];

/** Why no disk can be made here; null when it can. */
export function whyNoSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "assay-disk-"));
  try {
    const [program, args] = onSmallDisk(1 << 20, folder, ["true"]);
    const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (error !== undefined) return `no unshare on this machine: ${error.message}`;
    return status === 0 ? null : `a file system of its own is for root: ${stderr.trim()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** Takes the room of a disk, all but `leave` bytes. @returns gives it back */
export function fillDisk(folder: string, leave = 0): () => void {
  const path = join(folder, "ballast");
  const file = openSync(path, "w");
  const block = Buffer.alloc(4096, 1);
  try {
    while (freeBytes(folder) > leave) writeSync(file, block);
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}
