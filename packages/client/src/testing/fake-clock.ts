import type { Clock, ScheduledCall } from '../clock.ts';

/** Time that stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #ahead = 0;
  #calls: { due: number; callback: () => void }[] = [];

  now(): number {
    return this.#now + this.#ahead;
  }

  ticks(): number {
    return this.#now;
  }

  /** Sets the time, which concerns {@link now} only. */
  jump(ms: number): void {
    this.#ahead += ms;
  }

  schedule(delayMs: number, callback: () => void): ScheduledCall {
    const call = { due: this.#now + delayMs, callback };
    this.#calls.push(call);
    return {
      cancel: () => {
        this.#calls = this.#calls.filter((one) => one !== call);
      },
    };
  }

  get pending(): number {
    return this.#calls.length;
  }

  /** Runs what falls due, in order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = this.#calls.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      this.#calls = this.#calls.filter((one) => one !== next);
      next.callback();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets everything run that waits for nothing but promises. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
