/** Ships all runs of this host, a few at a time, and waits longer and longer while the orchestrator is away. */
import { Backoff } from "../link/backoff";
import { Refused, Unreachable } from "../link/http";
import { Loop } from "../link/loop";
import { type Logger, seldom } from "../platform/logger";
import { runName } from "./run-directory";
import type { Shipment } from "./shipment";

/** Requests at the same time. */
const MAX_AT_ONCE = 4;
/** How often live journals are looked at, ms. */
const LOOK_MS = 200;
const AWAY_BACKOFF = { firstMs: 250, maxMs: 5000 };
/** Of one run whose events get an answer that says no; the others go on. */
const BUSY_BACKOFF = { firstMs: 250, maxMs: 5000 };
const REFUSED_BACKOFF = { firstMs: 1000, maxMs: 60_000 };

interface Entry {
  shipment: Shipment;
  busy: Backoff;
  refused: Backoff;
  notBeforeMs: number;
}

export class Shipping {
  private readonly entries = new Map<string, Entry>();
  private readonly loop = new Loop(() => this.look());
  private readonly backoff: Backoff;
  private readonly complain: (text: string) => void;

  constructor(
    log: Logger,
    private readonly nowMs: () => number,
    private readonly random: () => number,
  ) {
    this.backoff = new Backoff(AWAY_BACKOFF, random);
    this.complain = seldom((text) => log.warn(text), 60_000, nowMs);
  }

  /** True while the last attempts got no answer. */
  get away(): boolean {
    return this.backoff.failing;
  }

  add(shipment: Shipment): void {
    const busy = new Backoff(BUSY_BACKOFF, this.random);
    const refused = new Backoff(REFUSED_BACKOFF, this.random);
    this.entries.set(runName(shipment.run.key), { shipment, busy, refused, notBeforeMs: 0 });
  }

  of(name: string): Shipment | null {
    return this.entries.get(name)?.shipment ?? null;
  }

  remove(name: string): void {
    this.entries.delete(name);
  }

  /** Something new is there: look now. */
  wake(): void {
    if (!this.away) this.loop.wake();
  }

  start(): void {
    this.loop.start();
  }

  /** Settles when the requests that are under way have ended. */
  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** @returns ms until the next look */
  private async look(): Promise<number> {
    const outcome = await this.round();
    if (outcome === "away") return this.backoff.next();
    if (outcome === "idle") return LOOK_MS;
    this.backoff.reset();
    return 0;
  }

  private async round(): Promise<"progress" | "idle" | "away"> {
    const now = this.nowMs();
    const due = [...this.entries.values()].filter((entry) => !entry.shipment.done && entry.notBeforeMs <= now);
    let progress = false;
    let away = false;
    const next = async () => {
      for (let entry = due.shift(); entry !== undefined && !away && !this.loop.stopped; entry = due.shift()) {
        const outcome = await this.step(entry);
        if (outcome === "away") away = true;
        if (outcome === "progress") progress = true;
      }
    };
    await Promise.all(Array.from({ length: MAX_AT_ONCE }, next));
    if (away) return "away";
    return progress ? "progress" : "idle";
  }

  private async step(entry: Entry): Promise<"progress" | "idle" | "away"> {
    try {
      const result = await entry.shipment.step();
      entry.busy.reset();
      entry.refused.reset();
      return result === "idle" ? "idle" : "progress";
    } catch (error) {
      const words = `run ${runName(entry.shipment.run.key)}: events are kept on disk: ${(error as Error).message}`;
      this.complain(words);
      if (error instanceof Unreachable) return "away";
      const passing = error instanceof Refused && error.passing;
      entry.notBeforeMs = this.nowMs() + (passing ? entry.busy : entry.refused).next();
      return "idle";
    }
  }
}
