/** Work that comes back: never twice at once, never the end of the process, ended by `stop`. */
import { databaseIsAway } from "./database";
import type { Log } from "./log";

export class Periodic {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;
  private failed: string | null = null;

  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<unknown>,
    private readonly log: Log,
  ) {}

  start(): void {
    if (this.stopped || this.timer !== null || this.running !== null) return;
    this.running = this.once().finally(() => {
      this.running = null;
      if (this.stopped) return;
      this.timer = setTimeout(() => {
        this.timer = null;
        this.start();
      }, this.everyMs);
    });
  }

  /** Ends when the pass under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  private async once(): Promise<void> {
    try {
      await this.work();
      if (this.failed !== null) this.log.info(`${this.name} works again`);
      this.failed = null;
    } catch (error) {
      const reason = (error as Error)?.message ?? String(error);
      // The same reason again and again is said once.
      if (reason !== this.failed && databaseIsAway(error)) this.log.warn(`${this.name} waits`, { reason });
      else if (reason !== this.failed) this.log.error(`${this.name} failed`, { reason }, (error as Error)?.stack);
      this.failed = reason;
    }
  }
}
