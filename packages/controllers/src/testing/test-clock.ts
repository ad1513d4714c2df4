import type { Clock, ScheduledCall } from '@canopy/storage';

/** A clock that stands still until it is told to move. */
export class TestClock implements Clock {
  private time = Date.parse('2030-01-01T00:00:00Z');
  private readonly calls = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  schedule(delayMs: number, callback: () => void): ScheduledCall {
    const call = { at: this.time + delayMs, callback };
    this.calls.add(call);
    return { cancel: () => void this.calls.delete(call) };
  }

  /** Moves on; what falls due on the way runs at its own time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.calls].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.calls.delete(due);
      this.time = Math.max(this.time, due.at);
      due.callback();
    }
    this.time = end;
  }
}
