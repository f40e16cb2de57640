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
    /** Plans and data sheets that come with Assay. */
    readonly catalogFolder: string,
    /** A host that may enrol with a token that a file holds; for deployments that make their secrets beforehand. */
    readonly bootstrapEnroll: { hostName: string; file: string } | null,
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
    withPassword(
      urlOf("DATABASE_URL", environment.DATABASE_URL, ["postgres:", "postgresql:"]),
      ...(["DATABASE_PASSWORD_FILE", environment.DATABASE_PASSWORD_FILE] as const),
    ),
    environment.REDIS_URL
      ? withPassword(
          urlOf("REDIS_URL", environment.REDIS_URL, ["redis:", "rediss:"]),
          ...(["REDIS_PASSWORD_FILE", environment.REDIS_PASSWORD_FILE] as const),
        )
      : null,
    host,
    port,
    environment.ASSAY_ADMIN_TOKEN_FILE || null,
    environment.ASSAY_QUEUE_URL || null,
    logLevel(environment.ASSAY_LOG || "info"),
    ownVersion(),
    join(REPOSITORY, "prisma", "migrations"),
    join(REPOSITORY, "libs", "plans", "catalog"),
    bootstrapEnroll(environment.ASSAY_BOOTSTRAP_ENROLL),
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

function withPassword(url: string, variable: string, file: string | undefined): string {
  if (!file) return url;
  const parsed = new URL(url);
  parsed.password = encodeURIComponent(secretOf(variable, file));
  return parsed.toString();
}

/** The content of a secret's file, without its end of line. */
export function secretOf(variable: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new ConfigError(`${variable}: ${file} cannot be read: ${(error as Error).message}`);
  }
  if (text === "") throw new ConfigError(`${variable}: ${file} is empty`);
  return text;
}

function bootstrapEnroll(text: string | undefined): { hostName: string; file: string } | null {
  if (!text) return null;
  const match = /^([a-z0-9][a-z0-9.-]{0,62})=(.+)$/.exec(text);
  if (match === null) throw new ConfigError(`ASSAY_BOOTSTRAP_ENROLL "${text}" is not <host name>=<file>`);
  return { hostName: match[1]!, file: match[2]! };
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
