/** Files that are whole after a crash or a power loss: written aside, flushed, renamed, and the folder flushed. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Replaces `path` with `content`: a reader sees the old or the new file, never a part. */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
  const aside = `${path}.${process.pid}.tmp`;
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const fd = openSync(aside, "w", mode);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } catch (error) {
    closeSync(fd);
    rmSync(aside, { force: true });
    throw error;
  }
  closeSync(fd);
  renameSync(aside, path);
  syncFolder(dirname(path));
}

/** Writes every byte, also where the kernel takes a part at a time. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written);
}

/** Makes creations, renames and removals inside a folder durable. */
export function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
