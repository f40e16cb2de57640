/** The agent's folder: one agent at a time, of a known format. */
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeDurably } from "./durable-file";
import { folderSentence, StartError } from "./start-error";

/** Raised when an older agent could no longer read the folder. */
export const FOLDER_FORMAT = 1;

export interface AgentFolder {
  path: string;
  runs: string;
  claims: string;
  tables: string;
  credential: string;
  inventory: string;
}

/** Makes or opens the folder and locks it for the life of this process. @throws StartError */
export function openAgentFolder(path: string): AgentFolder {
  const folder: AgentFolder = {
    path,
    runs: join(path, "runs"),
    claims: join(path, "claims"),
    tables: join(path, "tables"),
    credential: join(path, "credential.json"),
    inventory: join(path, "inventory.json"),
  };
  try {
    // mkdir -p of Node tells a read-only file system as ENOENT: ask first.
    accessSync(nearestExisting(path), constants.W_OK);
    for (const made of [path, folder.runs, folder.claims, folder.tables])
      mkdirSync(made, { recursive: true, mode: 0o700 });
    lock(path);
    checkFormat(path);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(folderSentence(path, error));
  }
  return folder;
}

function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/**
 * flock(2) belongs to the open file, not to the process that asked for it: `flock` locks the descriptor that we share
 * with it and ends; the kernel drops the lock when this process dies. Runners do not inherit it (close-on-exec).
 */
function lock(path: string): void {
  const file = join(path, "lock");
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  const { status, error } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  if (error !== undefined) throw new StartError(`flock (util-linux) cannot be run: ${error.message}`);
  if (status !== 0) {
    const holder = readFileSync(file, "utf8").trim();
    throw new StartError(`another agent${holder === "" ? "" : ` (pid ${holder})`} already works on ${path}`);
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`, 0);
}

const formatSchema = z.object({ format: z.number().int().positive(), writtenBy: z.string() });

function checkFormat(path: string): void {
  const file = join(path, "format.json");
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    writeDurably(file, JSON.stringify({ format: FOLDER_FORMAT, writtenBy: "assay-agent" }));
    return;
  }
  const parsed = formatSchema.safeParse(safeJson(content));
  if (!parsed.success) throw new StartError(`${file} is damaged: it must say which format the folder has`);
  if (parsed.data.format > FOLDER_FORMAT)
    throw new StartError(
      `${path} was written by a newer Assay (format ${parsed.data.format}, this agent knows ${FOLDER_FORMAT}): upgrade the agent or choose another folder`,
    );
}

function safeJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}
