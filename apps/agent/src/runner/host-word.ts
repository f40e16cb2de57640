import { type BigIntStats, statSync } from "node:fs";
import { HostFileError, readHostFile } from "../inventory/host-file";
import type { SlotEntry } from "../inventory/host-schema";

/** What the host's file says of a slot now. `unreadable` tells its mistakes. */
export type HostWord = { slot: SlotEntry | null; unreadable: string | null };

/**
 * The host's own word, asked again whenever the file has changed: an effect that its owner takes back in the middle of a
 * run is not done any more.
 */
export function hostWord(hostFile: string, slotName: string): () => HostWord {
  let version = "";
  let word: HostWord = { slot: null, unreadable: null };
  return () => {
    const now = versionOf(hostFile);
    if (now !== version || now === "") {
      word = read(hostFile, slotName);
      version = now;
    }
    return word;
  };
}

function read(hostFile: string, slotName: string): HostWord {
  try {
    return { slot: readHostFile(hostFile).slots.find((s) => s.name === slotName) ?? null, unreadable: null };
  } catch (error) {
    if (!(error instanceof HostFileError)) throw error;
    return { slot: null, unreadable: error.message };
  }
}

/** Empty when there is no such file. */
function versionOf(file: string): string {
  const stat: BigIntStats | undefined = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino}/${stat.mtimeNs}/${stat.size}`;
}
