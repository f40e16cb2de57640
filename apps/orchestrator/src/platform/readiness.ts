import { Injectable } from "@nestjs/common";
import { Database } from "./database";
import { Startup } from "./startup";

/** /readyz never takes longer, whatever hangs. */
const PROBE_WITHIN_MS = 1_500;

export interface Readiness {
  ready: boolean;
  /** What is missing, in sentences. */
  missing: string[];
}

@Injectable()
export class ReadinessProbe {
  private readonly parts = new Map<string, (withinMs: number) => Promise<void>>();
  private underWay: Promise<Readiness> | null = null;

  constructor(
    private readonly startup: Startup,
    database: Database,
  ) {
    this.needs("database", (withinMs) => database.ping(withinMs));
  }

  /** A part without which requests cannot be served; `probe` throws a sentence when it is away. */
  needs(name: string, probe: (withinMs: number) => Promise<void>): void {
    this.parts.set(name, probe);
  }

  /** Many callers share one probe. */
  probe(): Promise<Readiness> {
    this.underWay ??= this.look().finally(() => {
      this.underWay = null;
    });
    return this.underWay;
  }

  private async look(): Promise<Readiness> {
    const answers = await Promise.all([...this.parts].map(([name, probe]) => sentenceOf(name, probe)));
    const missing = [this.startup.missing(), ...answers].filter((one) => one !== null);
    return { ready: missing.length === 0, missing };
  }
}

async function sentenceOf(name: string, probe: (withinMs: number) => Promise<void>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${name}: no answer within ${PROBE_WITHIN_MS} ms`), PROBE_WITHIN_MS);
  });
  const answer = probe(PROBE_WITHIN_MS).then(
    () => null,
    (error: unknown) => `${name}: ${error instanceof Error && error.message ? error.message : "does not answer"}`,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
