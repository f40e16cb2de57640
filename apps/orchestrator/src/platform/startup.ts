/**
 * The start of the orchestrator: the HTTP server answers at once (/livez, /version, /readyz), then the database is
 * awaited, brought to our schema, then every `prepare` runs once in the order of registration, then the background work
 * begins. Whatever fails because the database or the queue is away is tried again, with a sentence in the log and in
 * /readyz; whatever can never succeed ends the process with its sentence.
 */
import { Injectable } from "@nestjs/common";
import { databaseIsAway } from "./database";
import { Log } from "./log";

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;

/** Nothing to wait for: the process must end and say why. */
export class StartRefused extends Error {}

export interface StartStep {
  /** What is not yet done while it runs, as in "waiting for <what>". */
  what: string;
  run(): Promise<void>;
}

@Injectable()
export class Startup {
  private readonly preparations: StartStep[] = [];
  private readonly background: StartStep[] = [];
  private state: string | null = "the start has not begun";
  private stopping = false;
  private wake: (() => void) | null = null;

  constructor(private readonly log: Log) {}

  /** Runs once per start, after the migrations, before any route answers. Register it in a constructor or onModuleInit. */
  prepare(what: string, run: () => Promise<void>): void {
    this.preparations.push({ what, run });
  }

  /** Begins loops and workers when everything is prepared. */
  begin(what: string, run: () => Promise<void>): void {
    this.background.push({ what, run });
  }

  /** Why the orchestrator is not ready, or null. */
  missing(): string | null {
    return this.state;
  }

  /** Ends when all is done, or `stop` was called. @throws what can never succeed. */
  async run(first: StartStep[]): Promise<void> {
    const wall: StartStep = {
      what: "the start",
      run: async () => {
        this.state = null;
      },
    };
    for (const step of [...first, ...this.preparations, wall, ...this.background]) {
      if (!(await this.untilDone(step))) return;
    }
  }

  stop(): void {
    this.stopping = true;
    this.state = "the orchestrator is shutting down";
    this.wake?.();
  }

  private async untilDone(step: StartStep): Promise<boolean> {
    for (let waitMs = RETRY_FIRST_MS; !this.stopping; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      if (this.state !== null) this.state = `waiting for ${step.what}`;
      try {
        await step.run();
        return true;
      } catch (error) {
        if (!mayPass(error)) throw error;
        const reason = sentence(error);
        if (this.state !== null) this.state = `waiting for ${step.what}: ${reason}`;
        this.log.warn(`waiting for ${step.what}`, { reason, nextTryMs: waitMs });
        await this.pause(waitMs);
      }
    }
    return false;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Errors that time may cure: the database is away, or somebody says so of something else. */
export class NotYet extends Error {}

function mayPass(error: unknown): boolean {
  return error instanceof NotYet || databaseIsAway(error);
}

function sentence(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sentence).join("; ");
  return error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error);
}
