import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WatchTimers } from './watch-timers.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the timers of watches', () => {
  it('call each member once, not early and at most a quarter of a second late', () => {
    const timers = new WatchTimers();
    const called: [number, number][] = [];
    for (const delay of [0, 1, 250, 1000, 60_000, 3_600_000])
      timers.add({ due: () => called.push([delay, performance.now()]) }, delay);
    vi.advanceTimersByTime(4_000_000);
    expect(called.map(([delay]) => delay)).toEqual([0, 1, 250, 1000, 60_000, 3_600_000]);
    for (const [delay, at] of called) {
      expect(at).toBeGreaterThanOrEqual(delay);
      expect(at).toBeLessThanOrEqual(delay + 250);
    }
    expect(timers.timerCount).toBe(0);
  });

  it('share what is due together, and forget who cancels', () => {
    const timers = new WatchTimers();
    let calls = 0;
    const members = Array.from({ length: 1000 }, () => ({ due: () => calls++ }));
    const slots = members.map((member) => timers.add(member, 60_000));
    expect(timers.timerCount).toBe(1);
    for (let i = 0; i < 999; i++) timers.cancel(members[i] as (typeof members)[0], slots[i] as number);
    vi.advanceTimersByTime(61_000);
    expect(calls).toBe(1);
    const last = timers.add(members[0] as (typeof members)[0], 60_000);
    timers.cancel(members[0] as (typeof members)[0], last);
    expect(timers.timerCount).toBe(0);
  });
});
