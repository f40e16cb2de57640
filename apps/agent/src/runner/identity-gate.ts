/**
 * Promise 6 between a renewal and its confirmation: a controller that was reset or powered on may be another drive. From
 * the moment that the renewal begins until its identity was read and accepted nobody sends it anything else. Whoever asks
 * in between waits; after a refusal nobody gets through any more.
 */
export class IdentityGate {
  private held: Promise<void> | null = null;
  private refusal: Error | null = null;

  /** @param confirm reads and checks the identity where a renewal ended without it; returns at once where nothing is owed */
  constructor(private readonly confirm: () => Promise<void> | null) {}

  get refused(): boolean {
    return this.refusal !== null;
  }

  /** Final: every later `pass` and `look` throws it. */
  refuse(refusal: Error): void {
    this.refusal ??= refusal;
  }

  /** Calls `act` as soon as the identity stands, in the same turn as the last look at it. @throws what `confirm` throws; the refusal */
  async pass<T>(act: () => T | Promise<T>): Promise<T> {
    for (;;) {
      if (this.held !== null) await this.held;
      else {
        this.throwIfRefused();
        const owed = this.confirm();
        if (owed === null) return act();
        await this.shut(owed);
      }
    }
  }

  /** As `pass`, for what no identity is needed for: registers show why a controller did not come back. @throws the refusal */
  async look<T>(act: () => T | Promise<T>): Promise<T> {
    while (this.held !== null) await this.held;
    this.throwIfRefused();
    return act();
  }

  /** Runs `renew` alone; it confirms the identity itself, or leaves it owed. */
  async hold<T>(renew: () => Promise<T>): Promise<T> {
    while (this.held !== null) await this.held;
    this.throwIfRefused();
    return this.shut(renew());
  }

  private async shut<T>(work: Promise<T>): Promise<T> {
    const over = work.then(
      () => {},
      () => {},
    );
    this.held = over;
    try {
      return await work;
    } finally {
      this.held = null;
    }
  }

  private throwIfRefused(): void {
    if (this.refusal !== null) throw this.refusal;
  }
}
