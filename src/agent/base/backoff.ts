export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Exponential, with jitter over its upper half so that a thousand agents do not come back at once. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly limits: BackoffLimits,
    private readonly random: () => number = Math.random,
  ) {}

  nextMs(): number {
    const ceiling = Math.min(this.limits.firstMs * 2 ** this.failures, this.limits.maxMs);
    this.failures += 1;
    return ceiling * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}
