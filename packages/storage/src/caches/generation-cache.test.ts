import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GenerationCache } from './generation-cache.ts';

describe('a cache of two generations', () => {
  it('forgets what was not used lately', () => {
    const cache = new GenerationCache<string, number>(4);
    for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) cache.set(key, value);
    expect(cache.get('a')).toBe(1);
    cache.set('d', 4);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([1, undefined, 3, 4]);
  });

  it('never keeps more than it may, but always what was set last, and answers nothing that was deleted or replaced', () => {
    const step = fc.record({ key: fc.nat(20), size: fc.integer({ min: 1, max: 9 }), what: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = new GenerationCache<number, { size: number }>(20, ({ size }) => size);
        const newest = new Map<number, { size: number }>();
        for (const { key, size, what } of steps) {
          if (what === 0) {
            cache.delete(key);
            newest.delete(key);
          } else if (what === 1) cache.get(key);
          else {
            const value = { size };
            cache.set(key, value);
            newest.set(key, value);
            expect(cache.get(key)).toBe(value);
          }
          const kept = Array.from({ length: 21 }, (_, i) => i).filter((one) => cache.has(one));
          expect(kept.every((one) => newest.has(one))).toBe(true);
          expect(kept.reduce((sum, one) => sum + (newest.get(one)?.size ?? 0), 0)).toBeLessThanOrEqual(20);
        }
        for (const [key, value] of newest) if (cache.has(key)) expect(cache.get(key)).toBe(value);
        cache.clear();
        expect([...newest.keys()].some((key) => cache.has(key))).toBe(false);
      }),
    );
  });
});
