/** A wait that a signal or a wake-up call ends early. */
export class Pause {
  private wakeNow: (() => void) | null = null;
  private asked = false;

  /** Ends the wait that is going on, or the next one. */
  wake(): void {
    this.asked = true;
    this.wakeNow?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.asked) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, ms);
        this.wakeNow = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    this.wakeNow = null;
    this.asked = false;
  }
}
