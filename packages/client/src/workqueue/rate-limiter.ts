import type { Clock, Random } from '../clock.ts';

/** How long a key has to wait before it is tried again, in milliseconds. */
export interface RateLimiter {
  /** Counts one more failure of the key. */
  delayMs(key: string): number;
  /** Failures counted since the last {@link forget}. */
  failures(key: string): number;
  forget(key: string): void;
}

export interface ExponentialOptions {
  /** Delay after the first failure; default 5 ms. */
  firstMs?: number;
  /** Default 1000 s. */
  longestMs?: number;
  /** Share of the delay, 0 to 1, that is left to chance. Default 0. */
  jitter?: number;
  random?: Random;
}

/** Twice the delay with every failure of the same key. */
export class ExponentialLimiter implements RateLimiter {
  readonly #failures = new Map<string, number>();
  readonly #options: Required<ExponentialOptions>;

  constructor(options: ExponentialOptions = {}) {
    const { firstMs = 5, longestMs = 1_000_000, jitter = 0, random = Math.random } = options;
    this.#options = { firstMs, longestMs, jitter, random };
  }

  delayMs(key: string): number {
    const { firstMs, longestMs, jitter, random } = this.#options;
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    const delay = Math.min(firstMs * 2 ** Math.min(failures, 50), longestMs);
    return jitter === 0 ? delay : delay * (1 - jitter * random());
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}

export interface TokenBucketOptions {
  clock: Pick<Clock, 'ticks'>;
  /** Default 10. */
  perSecond?: number;
  /** Default 100. */
  burst?: number;
}

/** So many keys per second, all keys together, after a burst. */
export class TokenBucketLimiter implements RateLimiter {
  readonly #clock: Pick<Clock, 'ticks'>;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(options: TokenBucketOptions) {
    this.#clock = options.clock;
    this.#perSecond = options.perSecond ?? 10;
    this.#burst = options.burst ?? 100;
    this.#tokens = this.#burst;
    this.#at = this.#clock.ticks();
  }

  delayMs(): number {
    const now = this.#clock.ticks();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#perSecond) / 1000);
    this.#at = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#perSecond;
  }

  failures(): number {
    return 0;
  }

  forget(): void {}
}

/** The longest delay of several limiters. */
export function slowestOf(...limiters: readonly RateLimiter[]): RateLimiter {
  return {
    delayMs: (key) => Math.max(...limiters.map((limiter) => limiter.delayMs(key))),
    failures: (key) => Math.max(...limiters.map((limiter) => limiter.failures(key))),
    forget: (key) => {
      for (const limiter of limiters) limiter.forget(key);
    },
  };
}
