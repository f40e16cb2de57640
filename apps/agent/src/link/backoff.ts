/** Waiting times between attempts: doubling, with jitter, never above the maximum. Pure but for the given randomness. */
export interface BackoffLimits {
  firstMs: number;
  maxMs: number;
}

export class Backoff {
  private attempts = 0;

  constructor(
    private readonly limits: BackoffLimits,
    private readonly random: () => number,
  ) {}

  /** Ms to wait now; between half and all of the doubled time, so that a fleet does not come back in one beat. */
  next(): number {
    const whole = Math.min(this.limits.maxMs, this.limits.firstMs * 2 ** Math.min(this.attempts, 30));
    this.attempts++;
    return Math.round(whole * (0.5 + this.random() / 2));
  }

  get failing(): boolean {
    return this.attempts > 0;
  }

  reset(): void {
    this.attempts = 0;
  }
}
