import { describe, expect, it } from 'vitest';
import { DocumentCache } from './document-cache.ts';

const kilobyte = (): Buffer => Buffer.alloc(1000, 'x');

describe('DocumentCache', () => {
  it('makes a document once, however many ask for it at the same time', async () => {
    const cache = new DocumentCache(10_000);
    let made = 0;
    const build = (): Buffer => {
      made++;
      return kilobyte();
    };
    const [a, b] = await Promise.all([cache.get('a', build), cache.get('a', build)]);
    expect(made).toBe(1);
    expect(a).toBe(b);
  });

  it('drops the least recently used documents when it is full', async () => {
    const cache = new DocumentCache(2500);
    const made: string[] = [];
    const get = (key: string) =>
      cache.get(key, () => {
        made.push(key);
        return kilobyte();
      });
    await get('a');
    await get('b');
    await get('a');
    await get('c');
    expect(cache.size).toBeLessThanOrEqual(2500);
    await get('a');
    await get('b');
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });

  it('tries again after a failure', async () => {
    const cache = new DocumentCache(2500);
    await expect(
      cache.get('a', () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await expect(cache.get('a', kilobyte)).resolves.toMatchObject({ body: kilobyte() });
  });
});
