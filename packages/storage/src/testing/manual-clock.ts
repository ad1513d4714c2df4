import type { Clock, ScheduledCall } from '../clock.ts';

/** A clock that stands still until told otherwise. What is due when it is scheduled runs in a microtask. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  readonly #calls = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): ScheduledCall {
    const call = { at: this.#now + Math.max(delayMs, 0), callback };
    this.#calls.add(call);
    if (delayMs <= 0) {
      queueMicrotask(() => {
        if (this.#calls.delete(call)) callback();
      });
    }
    return { cancel: () => void this.#calls.delete(call) };
  }

  /** Moves time forward, running what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: { at: number; callback: () => void } | undefined;
      for (const call of this.#calls) if (call.at <= end && (next === undefined || call.at < next.at)) next = call;
      if (next === undefined) break;
      this.#calls.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}
