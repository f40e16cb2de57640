import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { CommandError, exitCodes } from "../exit-codes";

/** Text is gathered before it is written. */
const PART_CHARACTERS = 1 << 18;

/** Writes a file that is either there whole, or not there as something else than it was: it takes its name when it is on disk. */
export async function writeWhole(file: string, parts: AsyncIterable<string | Uint8Array>): Promise<void> {
  const beside = `${file}.${randomUUID().slice(0, 8)}.part`;
  try {
    const handle = await open(beside, "wx");
    try {
      let gathered = "";
      for await (const part of parts) {
        if (typeof part === "string") gathered += part;
        if (typeof part === "string" && gathered.length < PART_CHARACTERS) continue;
        await handle.writeFile(gathered);
        gathered = "";
        if (typeof part !== "string") await handle.writeFile(part);
      }
      await handle.writeFile(gathered);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandError(exitCodes.usage, `${file} cannot be written: ${message}`);
  }
}
