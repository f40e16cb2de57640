import { join, resolve } from "node:path";
import { LabError } from "./lab-error";

export const DEFAULT_PORT = 4600;

export interface LabSettings {
  /** Folder of all data. */
  home: string;
  /** Port of the orchestrator on 127.0.0.1. */
  port: number;
  redisUrl: string | undefined;
  /** What the children inherit. */
  inherited: NodeJS.ProcessEnv;
}

/** Settings that would send a child to somebody else's database or orchestrator. */
const NOT_INHERITED = ["DATABASE_URL", "NODE_OPTIONS"];

/** The only place of this app that reads the environment. @throws LabError */
export function readSettings(repository: string, env: NodeJS.ProcessEnv = process.env): LabSettings {
  return {
    home: resolve(env.ASSAY_HOME || join(repository, ".assay")),
    port: readPort(env.ASSAY_PORT),
    redisUrl: env.REDIS_URL || undefined,
    inherited: Object.fromEntries(
      Object.entries(env).filter(([name]) => !name.startsWith("ASSAY_") && !NOT_INHERITED.includes(name)),
    ),
  };
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new LabError(`ASSAY_PORT is "${text}": it must be a number from 1 to 65535`);
}
