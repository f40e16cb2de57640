import { countDeath, restartDelayMs } from "./back-off";
import type { Exit, Running } from "./program";

export interface ServiceEvents {
  /** It died, or could not be started again; it will be tried in `delayMs`. */
  onTrouble(name: string, what: string, delayMs: number): void;
  onBack(name: string): void;
  /** It runs now under this pid. */
  onStart(name: string, pid: number): void;
}

/** Keeps one process alive until it is told to stop. */
export class Service {
  private running: Running | null = null;
  private stopping = false;
  private wake: () => void = () => {};
  private watcher: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly launch: () => Promise<Running>,
    private readonly events: ServiceEvents,
    /** The last line that it wrote. */
    private readonly lastLine: () => string,
  ) {}

  /** Ends when the process that runs now does. */
  get exited(): Promise<Exit> | null {
    return this.running?.exited ?? null;
  }

  /** The first start; what is wrong with it is thrown to the caller. */
  async start(): Promise<void> {
    this.running = await this.launch();
    this.events.onStart(this.name, this.running.pid);
    this.watcher = this.watch(this.running);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running?.stop();
    await this.watcher;
  }

  private async watch(first: Running): Promise<void> {
    let running: Running | null = first;
    let deaths = 0;
    while (!this.stopping) {
      const begun = performance.now();
      let trouble: string;
      if (running === null) {
        try {
          running = await this.launch();
          this.running = running;
          if (this.stopping) return await running.stop();
          this.events.onStart(this.name, running.pid);
          this.events.onBack(this.name);
          continue;
        } catch (error) {
          trouble = (error as Error).message;
        }
      } else {
        const exit = await running.exited;
        // Who ends by itself has said why; who was killed has not.
        const said = exit.signal === null ? this.lastLine() : "";
        trouble = `${describeExit(exit)}${said === "" ? "" : ` (${said})`}`;
        running = null;
        this.running = null;
      }
      if (this.stopping) return;
      deaths = countDeath(deaths, performance.now() - begun);
      const delayMs = restartDelayMs(deaths);
      this.events.onTrouble(this.name, trouble, delayMs);
      await this.pause(delayMs);
    }
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

export function describeExit({ code, signal }: Exit): string {
  return signal !== null ? `was ended by ${signal}` : `ended with exit code ${code ?? "unknown"}`;
}
