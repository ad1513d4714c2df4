import type { Clock, ScheduledCall } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { ExponentialLimiter, slowestOf, TokenBucketLimiter } from './rate-limiter.ts';

export interface WorkQueueOptions<T> {
  /** Items with the same key are the same. */
  keyOf: (item: T) => string;
  /** Groups take turns, so that one with much to do does not keep the others waiting. Default: one group. */
  groupOf?: (item: T) => string;
  /** Default: 5 ms doubling to 1000 s per key, and ten per second after a burst of a hundred. */
  limiter?: RateLimiter;
  clock?: Clock;
}

/**
 * Items to work on. An item waits in it at most once, and is never given out again before {@link done}: what is added
 * meanwhile comes back after it. Nothing is bounded but by the number of different keys.
 */
export class WorkQueue<T> {
  readonly #options: WorkQueueOptions<T>;
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  /** Groups with waiting items, in the order of their turns. */
  readonly #ready = new Map<string, Map<string, T>>();
  readonly #working = new Set<string>();
  /** Added while being worked on. */
  readonly #again = new Map<string, T>();
  readonly #delayed = new Map<string, { due: number; call: ScheduledCall }>();
  readonly #takers = new Set<(item: T | undefined) => void>();
  readonly #whenIdle = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: WorkQueueOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limiter =
      options.limiter ??
      slowestOf(new ExponentialLimiter({ jitter: 0.2 }), new TokenBucketLimiter({ clock: this.#clock }));
  }

  /** Items ready to be taken. */
  get length(): number {
    let count = 0;
    for (const group of this.#ready.values()) count += group.size;
    return count;
  }

  add(item: T): void {
    if (this.#closed) return;
    const key = this.#options.keyOf(item);
    this.#cancelDelay(key);
    if (this.#working.has(key)) this.#again.set(key, item);
    else this.#push(key, item);
  }

  /** Adds the item after a while; of several delays of one item the shortest counts, and an {@link add} before it wins. */
  addAfter(item: T, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(item);
      return;
    }
    const key = this.#options.keyOf(item);
    const due = this.#clock.ticks() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.due <= due) return;
    earlier?.call.cancel();
    const call = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key);
      const rest = due - this.#clock.ticks();
      if (rest > 1) this.addAfter(item, rest);
      else this.add(item);
    });
    this.#delayed.set(key, { due, call });
  }

  /** Adds the item after the delay its failures call for. */
  addRateLimited(item: T): void {
    this.addAfter(item, this.#limiter.delayMs(this.#options.keyOf(item)));
  }

  /** The item's failures no longer count. */
  forget(item: T): void {
    this.#limiter.forget(this.#options.keyOf(item));
  }

  failures(item: T): number {
    return this.#limiter.failures(this.#options.keyOf(item));
  }

  /** The next item, once there is one; undefined when the queue is shut down and empty. {@link done} must follow. */
  take(): Promise<T | undefined> {
    const item = this.#shift();
    if (item !== undefined || this.#closed) return Promise.resolve(item);
    return new Promise((resolve) => this.#takers.add(resolve));
  }

  done(item: T): void {
    const key = this.#options.keyOf(item);
    this.#working.delete(key);
    const again = this.#again.get(key);
    if (again !== undefined) {
      this.#again.delete(key);
      this.#push(key, again);
    }
    this.#settleIfIdle();
  }

  /** Takes nothing more, drops delayed items, and lets those that wait be taken. Resolves when the last one is done. */
  shutDown(): Promise<void> {
    this.#closed = true;
    for (const { call } of this.#delayed.values()) call.cancel();
    this.#delayed.clear();
    const takers = [...this.#takers];
    this.#takers.clear();
    for (const taker of takers) taker(undefined);
    this.#settleIfIdle();
    return this.#whenIdle.promise;
  }

  /** Drops what waits, so that {@link shutDown} has only to wait for what is being worked on. */
  discard(): void {
    this.#ready.clear();
    this.#again.clear();
    this.#settleIfIdle();
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.call.cancel();
    this.#delayed.delete(key);
  }

  #push(key: string, item: T): void {
    const [taker] = this.#takers;
    if (taker !== undefined) {
      this.#takers.delete(taker);
      this.#working.add(key);
      taker(item);
      return;
    }
    const name = this.#options.groupOf?.(item) ?? '';
    const group = this.#ready.get(name);
    if (group === undefined) this.#ready.set(name, new Map([[key, item]]));
    else group.set(key, item);
  }

  #shift(): T | undefined {
    for (const [name, group] of this.#ready) {
      this.#ready.delete(name);
      for (const [key, item] of group) {
        group.delete(key);
        if (group.size > 0) this.#ready.set(name, group);
        this.#working.add(key);
        return item;
      }
    }
    return undefined;
  }

  #settleIfIdle(): void {
    if (this.#closed && this.#working.size === 0 && this.#ready.size === 0) this.#whenIdle.resolve();
  }
}
