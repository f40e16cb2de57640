/** The settings of this process. The only file of the orchestrator that reads the environment. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type LogLevel = "debug" | "info" | "warn" | "error";
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export class Config {
  constructor(
    readonly databaseUrl: string,
    /** Null: BullMQ runs on PostgreSQL. */
    readonly redisUrl: string | null,
    readonly listenHost: string,
    readonly listenPort: number,
    /** Where the first admin token is written when the database has none. */
    readonly adminTokenFile: string | null,
    /** What agents are told for their queue; null derives it from the database and a restricted role. */
    readonly queueUrl: string | null,
    readonly logLevel: LogLevel,
    readonly version: string,
    readonly migrationsFolder: string,
  ) {}
}

export class ConfigError extends Error {}

/** dist/platform and src/platform are equally deep below the app. */
export const APP_FOLDER = join(__dirname, "..", "..");
const REPOSITORY = join(APP_FOLDER, "..", "..");

/** @throws ConfigError with a sentence that names the variable. */
export function configFrom(environment: NodeJS.ProcessEnv): Config {
  const { host, port } = listenAddress(environment.ASSAY_LISTEN || "127.0.0.1:4600");
  return new Config(
    urlOf("DATABASE_URL", environment.DATABASE_URL, ["postgres:", "postgresql:"]),
    environment.REDIS_URL ? urlOf("REDIS_URL", environment.REDIS_URL, ["redis:", "rediss:"]) : null,
    host,
    port,
    environment.ASSAY_ADMIN_TOKEN_FILE || null,
    environment.ASSAY_QUEUE_URL || null,
    logLevel(environment.ASSAY_LOG || "info"),
    ownVersion(),
    join(REPOSITORY, "prisma", "migrations"),
  );
}

export function configFromEnvironment(): Config {
  return configFrom(process.env);
}

function urlOf(name: string, text: string | undefined, protocols: string[]): string {
  if (!text) throw new ConfigError(`${name} is not set: the orchestrator needs a ${protocols[0]}// URL`);
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  // The value is a secret: say what is wrong with it, not what it is.
  if (!protocols.includes(protocol)) throw new ConfigError(`${name} is not a ${protocols[0]}// URL`);
  return text;
}

function listenAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new ConfigError(`ASSAY_LISTEN "${text}" is not host:port`);
  return { host: (match[1] ?? match[2])!, port };
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw new ConfigError(`ASSAY_LOG "${text}" is none of ${LOG_LEVELS.join(", ")}`);
  return level;
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(join(APP_FOLDER, "package.json"), "utf8")) as { version: string }).version;
}
