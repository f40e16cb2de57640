import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { SetUpError } from "./machine.mjs";

/** A build by somebody else takes no longer than this. */
const LONGEST_WAIT_MS = 15 * 60_000;
const ASK_AGAIN_MS = 300;

/** One set-up at a time in a clone. Waits for another one; a lock whose process is gone is taken over. @returns release */
export async function takeLock(file) {
  const mine = `${file}.${process.pid}`;
  const begun = Date.now();
  let announced = false;
  for (;;) {
    writeFileSync(mine, String(process.pid));
    try {
      // A link appears whole or not at all: nobody reads a lock without its owner in it.
      linkSync(mine, file);
      rmSync(mine);
      return () => rmSync(file, { force: true });
    } catch (error) {
      rmSync(mine, { force: true });
      if (error.code !== "EEXIST") throw new SetUpError(`Cannot lock ${file}: ${error.message}.`);
    }
    const owner = ownerOf(file);
    if (owner !== null && !isAlive(owner)) rmSync(file, { force: true });
    else {
      if (!announced) console.log(`Another set-up is at work here (process ${owner}); waiting for it.`);
      announced = true;
      if (Date.now() - begun > LONGEST_WAIT_MS) throw new SetUpError(`Process ${owner} has held ${file} for too long.`);
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

function ownerOf(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
