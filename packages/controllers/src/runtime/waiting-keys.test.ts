import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pollDelay } from './waiting-keys.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const dayMs = 24 * 3600 * 1000;

describe('the pause before something that is being deleted is looked at again', () => {
  it('grows with the time that it takes, within bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * dayMs }), fc.integer({ min: 0, max: dayMs }), (age, more) => {
        const since = new Date(now).toISOString();
        expect(pollDelay(now + age, since)).toBeGreaterThanOrEqual(250);
        expect(pollDelay(now + age + more, since)).toBeGreaterThanOrEqual(pollDelay(now + age, since));
        expect(pollDelay(now + age, since)).toBeLessThanOrEqual(300_000);
      }),
    );
  });

  it('is long when the clock was set back by much, lest all that is stuck is looked at all the time', () => {
    expect(pollDelay(now - dayMs, new Date(now).toISOString())).toBe(300_000);
    expect(pollDelay(now - 100, new Date(now).toISOString())).toBe(250);
  });
});
