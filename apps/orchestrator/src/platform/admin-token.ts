/** The first admin token: made when the database has none, written to a 0600 file that only the owner can read. */
import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "./clock";
import type { Ids } from "./ids";
import { StartRefused } from "./startup";
import type { TokenRepository } from "./token-repository";

/** @returns true when a token was made and written now. */
export async function ensureAdminToken(
  file: string,
  tokens: TokenRepository,
  ids: Ids,
  clock: Clock,
): Promise<boolean> {
  const token = newToken("admin", ids);
  // The file first: a token that nobody could read must not be in force.
  const temporary = `${file}.${process.pid}.new`;
  await writeSecret(temporary, `${token}\n`).catch((error: Error) => {
    throw new StartRefused(`the admin token cannot be written to ${file}: ${error.message}`);
  });
  const made = await tokens.createFirstAdmin(token, clock.now()).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
  if (made) await rename(temporary, file);
  else await rm(temporary, { force: true });
  return made;
}

/** Prefix and role make a leaked token recognisable. */
export function newToken(role: string, ids: Ids): string {
  return `assay_${role}_${ids.secret()}`;
}

async function writeSecret(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC, 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
