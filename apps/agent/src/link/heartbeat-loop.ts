/** Tells the orchestrator what this host holds, and does what the answer asks. */
import { type Heartbeat, type HeartbeatAnswer, WIRE_VERSION } from "@assay/protocol";
import { type Logger, seldom } from "../platform/logger";
import { Backoff } from "./backoff";
import { Refused, Unreachable } from "./http";
import { Loop } from "./loop";
import { BadAnswer, type Orchestrator } from "./orchestrator";

const LEAST_INTERVAL_MS = 200;
const MOST_INTERVAL_MS = 60_000;
/** While the orchestrator does not answer. */
const AWAY_BACKOFF = { firstMs: 500, maxMs: 5000 };
/** While it says no: another version, a credential that is gone. The agent stays up. */
const REFUSED_BACKOFF = { firstMs: 5000, maxMs: 60_000 };

export interface HeartbeatParts {
  orchestrator: Pick<Orchestrator, "heartbeat">;
  bootId: string;
  held: () => Heartbeat["runs"];
  spool: () => Heartbeat["spool"];
  obey: (answer: HeartbeatAnswer) => void;
  log: Logger;
  nowMs: () => number;
  random: () => number;
}

export class HeartbeatLoop {
  private readonly loop = new Loop(() => this.beat());
  private readonly away: Backoff;
  private readonly refused: Backoff;
  private readonly complain: (text: string) => void;
  private reached = false;

  constructor(private readonly parts: HeartbeatParts) {
    this.away = new Backoff(AWAY_BACKOFF, parts.random);
    this.refused = new Backoff(REFUSED_BACKOFF, parts.random);
    this.complain = seldom((text) => parts.log.warn(text), 60_000, parts.nowMs);
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** One heartbeat. @returns ms until the next one */
  private async beat(): Promise<number> {
    const { orchestrator, bootId, log } = this.parts;
    try {
      const runs = this.parts.held();
      const agentTimeMs = this.parts.nowMs();
      const answer = await orchestrator.heartbeat({
        wireVersion: WIRE_VERSION,
        bootId,
        agentTimeMs,
        runs,
        spool: this.parts.spool(),
      });
      if (!this.reached) log.info("the orchestrator answers");
      this.reached = true;
      this.away.reset();
      this.refused.reset();
      this.parts.obey(answer);
      return Math.min(MOST_INTERVAL_MS, Math.max(LEAST_INTERVAL_MS, answer.intervalMs));
    } catch (error) {
      this.reached = false;
      if (error instanceof Unreachable || (error instanceof Refused && error.passing)) {
        this.complain(`the orchestrator does not answer (${error.message}); runs go on`);
        return this.away.next();
      }
      if (!(error instanceof Refused || error instanceof BadAnswer)) {
        this.complain(`the heartbeat failed on this host: ${(error as Error).message}`);
        return this.away.next();
      }
      this.complain(`the orchestrator refuses this agent: ${refusal(error)}; runs go on, trying again slowly`);
      return this.refused.next();
    }
  }
}

function refusal(error: Error): string {
  if (error instanceof Refused && error.status === 401)
    return `${error.message} (its credential is not known: enrol again with a new token)`;
  return error.message;
}
