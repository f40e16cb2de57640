/** The agent's settings: the only reader of the environment. */
import { resolve } from "node:path";
import { parseDuration, parseSize } from "../inventory/units";
import { type LogLevel, logLevels } from "./logger";
import { StartError } from "./start-error";

export interface AgentConfig {
  orchestratorUrl: string;
  agentDir: string;
  hostFile: string;
  enrollTokenFile: string | null;
  /** null: computed from the disk. */
  spoolLimitBytes: number | null;
  /** How long a run's directory stays after everything in it was acknowledged. */
  retentionMs: number;
  logLevel: LogLevel;
  /** Time that a runner gets to end by itself after its deadline, and after a revoke, before it is killed. */
  deadlineGraceMs: number;
  revokeGraceMs: number;
  /** What a runner gets: everything but the agent's own secrets and addresses. */
  runnerEnvironment: NodeJS.ProcessEnv;
}

const AGENT_ONLY = ["ASSAY_ORCHESTRATOR_URL", "ASSAY_ENROLL_TOKEN_FILE"];
const MAX_RETENTION_MS = 365 * 86_400_000;

/** @throws StartError that names every wrong setting at once */
export function readConfig(env: NodeJS.ProcessEnv = process.env): AgentConfig {
  const problems: string[] = [];
  const required = (name: string, what: string): string => {
    const value = env[name]?.trim() ?? "";
    if (value === "") problems.push(`${name} is not set: it must name ${what}`);
    return value;
  };
  const optional = <T>(name: string, parse: (text: string) => T | null, what: string, otherwise: T): T => {
    const text = env[name]?.trim() ?? "";
    if (text === "") return otherwise;
    const value = parse(text);
    if (value === null) problems.push(`${name} is "${text}": ${what}`);
    return value ?? otherwise;
  };
  const config: AgentConfig = {
    orchestratorUrl: required("ASSAY_ORCHESTRATOR_URL", "the orchestrator, for example http://127.0.0.1:4600"),
    agentDir: resolve(required("ASSAY_AGENT_DIR", "the folder in which the agent keeps its runs")),
    hostFile: resolve(required("ASSAY_HOST_FILE", "the host file")),
    enrollTokenFile: optional("ASSAY_ENROLL_TOKEN_FILE", (text) => resolve(text), "", null),
    spoolLimitBytes: optional(
      "ASSAY_SPOOL_LIMIT",
      spoolLimit,
      "write a size of at least 16MiB, for example 20GiB",
      null,
    ),
    retentionMs: optional("ASSAY_RUN_RETENTION", retention, "write a duration up to 365d, for example 24h", 86_400_000),
    deadlineGraceMs: optional(
      "ASSAY_DEADLINE_GRACE",
      grace,
      "write a duration from 100ms to 10min, for example 10s",
      10_000,
    ),
    revokeGraceMs: optional("ASSAY_REVOKE_GRACE", grace, "write a duration from 100ms to 10min, for example 5s", 5000),
    logLevel: optional<LogLevel>("ASSAY_LOG", level, `choose one of ${logLevels.join(", ")}`, "info"),
    runnerEnvironment: Object.fromEntries(Object.entries(env).filter(([name]) => !AGENT_ONLY.includes(name))),
  };
  if (config.orchestratorUrl !== "" && !/^https?:\/\//.test(config.orchestratorUrl))
    problems.push(`ASSAY_ORCHESTRATOR_URL is "${config.orchestratorUrl}": it must begin with http:// or https://`);
  if (problems.length > 0) throw new StartError(problems.join("\n"));
  return config;
}

function spoolLimit(text: string): number | null {
  const bytes = parseSize(text);
  return bytes === null || bytes < 16n * 1024n * 1024n || bytes > 2n ** 50n ? null : Number(bytes);
}

function retention(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms > MAX_RETENTION_MS ? null : ms;
}

function grace(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms < 100 || ms > 600_000 ? null : ms;
}

function level(text: string): LogLevel | null {
  return logLevels.find((known) => known === text) ?? null;
}
