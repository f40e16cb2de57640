/**
 * When a `parallel` begins: `after` counts from the moment when every load that has no `after` itself is running, so that
 * a cut after 10 ms meets a load and not its preparation.
 */
export class StartLine {
  private readonly missing: Set<string>;
  private open!: (atMs: number) => void;
  /** Settles with the monotonic time of the beginning. */
  readonly beganMs: Promise<number>;

  constructor(
    loads: readonly string[],
    private readonly monotonicMs: () => number,
  ) {
    this.missing = new Set(loads);
    this.beganMs = new Promise((resolve) => {
      this.open = resolve;
    });
    this.openWhenComplete();
  }

  /** This one runs, or will never run. Others than the loads may say so too. */
  began(id: string): void {
    if (this.missing.delete(id)) this.openWhenComplete();
  }

  private openWhenComplete(): void {
    if (this.missing.size === 0) this.open(this.monotonicMs());
  }
}
