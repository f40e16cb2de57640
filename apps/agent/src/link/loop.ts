import { Pause } from "./pause";

/** Calls `round` again and again, one at a time, and waits in between for as long as the round has answered. */
export class Loop {
  private readonly pause = new Pause();
  private running: Promise<void> | null = null;
  private ended = false;

  /** @param round must not reject. @returns ms until the next one */
  constructor(private readonly round: () => Promise<number>) {}

  get stopped(): boolean {
    return this.ended;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** The next round comes now. */
  wake(): void {
    this.pause.wake();
  }

  /** Settles when the round that is under way has ended. */
  async stop(): Promise<void> {
    this.ended = true;
    this.pause.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.ended) await this.pause.wait(await this.round());
  }
}
