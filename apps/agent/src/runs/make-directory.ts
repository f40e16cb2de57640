/** Puts an order on disk: the directory appears whole, or not at all, before anything acts on the order. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { syncFolder, writeDurably } from "../platform/durable-file";
import { type Launch, runFiles } from "./run-directory";

const ASIDE = ".new-";

/** `order` is kept as it came. `launch` is null for an order that cannot be carried out. */
export function makeRunDirectory(directory: string, order: unknown, launch: Launch | null): void {
  const aside = join(dirname(directory), `${ASIDE}${basename(directory)}`);
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  const files = runFiles(aside);
  writeDurably(files.order, JSON.stringify(order));
  if (launch !== null) writeDurably(files.launch, JSON.stringify(launch));
  renameSync(aside, directory);
  syncFolder(dirname(directory));
}

/** A directory that a crash left half made. */
export function isUnfinishedDirectory(name: string): boolean {
  return name.startsWith(ASIDE);
}
