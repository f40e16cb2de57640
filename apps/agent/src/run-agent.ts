/** The life of an agent: enrols where it must, and goes on until it is told to stop. */
import { Agent, type AgentPrograms } from "./agent";
import { type HostFile, HostFileError, readHostFile } from "./inventory/host-file";
import { Backoff } from "./link/backoff";
import { decideEnrolment, keepMembership, type Membership, readMembership, readToken } from "./link/enrolment";
import { Refused, Unreachable } from "./link/http";
import { enroll } from "./link/orchestrator";
import { Pause } from "./link/pause";
import { type AgentFolder, openAgentFolder } from "./platform/agent-folder";
import type { AgentConfig } from "./platform/config";
import type { Logger } from "./platform/logger";
import { StartError } from "./platform/start-error";

/** Longest time that a stop may take; nothing is lost when it is cut short. */
const STOP_LIMIT_MS = 5000;
const ENROL_BACKOFF = { firstMs: 500, maxMs: 10_000 };

/** Settles after SIGTERM or SIGINT. @throws StartError with a sentence for the person who started it */
export async function runAgent(
  config: AgentConfig,
  programs: AgentPrograms,
  version: string,
  log: Logger,
): Promise<void> {
  const host = readHost(config.hostFile);
  const folder = openAgentFolder(config.agentDir);
  const stopping = new Pause();
  let stopped = false;
  const stop = (signal: string) => {
    if (!stopped) log.info(`${signal}: the agent stops, its runners go on`);
    stopped = true;
    stopping.wake();
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  const membership = await joinFleet(config, folder, host, log, stopping, () => stopped);
  if (membership === null) return;
  const agent = new Agent(config, folder, membership, host, programs, version, log);
  log.info(`agent ${version} of host ${host.name}: ${host.slots.length} slots, orchestrator ${config.orchestratorUrl}`);
  await agent.start();
  while (!stopped) await stopping.wait(2 ** 31 - 1);
  setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
  await agent.stop();
}

/** The stored membership, or a new one; waits while the orchestrator is away. null when it was told to stop meanwhile. */
async function joinFleet(
  config: AgentConfig,
  folder: AgentFolder,
  host: HostFile,
  log: Logger,
  stopping: Pause,
  stopped: () => boolean,
): Promise<Membership | null> {
  const stored = readMembership(folder.credential);
  const need = decideEnrolment(stored, readToken(config.enrollTokenFile), host.name);
  if (need.kind === "keep") return need.membership;
  const backoff = new Backoff(ENROL_BACKOFF, Math.random);
  while (!stopped()) {
    try {
      const answer = await enroll(config.orchestratorUrl, need.token, host.name);
      const membership = keepMembership(folder.credential, answer, { hostName: host.name, tokenHash: need.tokenHash });
      log.info(`enrolled as host ${host.name} (${answer.hostId})`);
      return membership;
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      const waits = error instanceof Unreachable || error.passing;
      if (!waits && stored !== null && stored.hostName === host.name) {
        log.warn(`the new token was refused (${error.message}); the old credential is used`);
        return stored;
      }
      if (!waits && error.status === 401)
        throw new StartError(`the orchestrator does not take the enrolment token: ${error.message}`);
      log.warn(`enrolment is not possible yet: ${error.message}`);
      await stopping.wait(backoff.next());
    }
  }
  return null;
}

function readHost(file: string): HostFile {
  try {
    return readHostFile(file);
  } catch (error) {
    if (error instanceof HostFileError) throw new StartError(error.message);
    throw error;
  }
}
