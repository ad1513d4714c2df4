import { describe, expect, it } from 'vitest';
import { DerivedCache } from './derived-cache.ts';

const capacity = 8;

async function fill(cache: DerivedCache<string>, keys: readonly string[]): Promise<void> {
  for (const key of keys) await cache.get(key, async () => `value of ${key}`);
}

const numbered = Array.from({ length: 100 }, (_, i) => `k${i}`);

describe('a cache of derived values', () => {
  it('keeps what is used again and again, and of the rest no more than it may', async () => {
    const cache = new DerivedCache<string>(capacity);
    await fill(cache, ['often', 'once']);
    for (const key of numbered) {
      await fill(cache, [key]);
      expect(cache.peek('often')).toBe('value of often');
    }
    expect(cache.peek('once')).toBeUndefined();
    expect(numbered.filter((key) => cache.peek(key) !== undefined).length).toBeLessThan(capacity);
  });

  it('does not keep a value that a change has overtaken while it was loaded', async () => {
    const cache = new DerivedCache<string>(capacity);
    const loading = cache.get('a', async () => 'old');
    cache.drop('a');
    expect(await loading).toBe('old');
    expect(cache.peek('a')).toBeUndefined();
    expect(await cache.get('a', async () => 'new')).toBe('new');
  });
});
