import { describe, expect, it } from 'vitest';
import type { DiscoveryDocuments } from './discovery.ts';
import { DiscoveryCache } from './discovery-cache.ts';

function documents(bytes: number): DiscoveryDocuments {
  return { legacy: new Map([['/api', Buffer.alloc(bytes)]]), aggregated: new Map() };
}

function cacheOf(maxBytes: number): { ask(hash: string, bytes: number): void; rendered: string[] } {
  const cache = new DiscoveryCache(maxBytes);
  const rendered: string[] = [];
  const ask = (hash: string, bytes: number): void => {
    cache.get(hash, () => {
      rendered.push(hash);
      return documents(bytes);
    });
  };
  return { ask, rendered };
}

describe('the cache of discovery documents', () => {
  it('renders a surface once', () => {
    const { ask, rendered } = cacheOf(100);
    ask('a', 40);
    ask('a', 40);
    expect(rendered).toEqual(['a']);
  });

  it('drops by bytes what was not used for longest', () => {
    const { ask, rendered } = cacheOf(100);
    for (const hash of ['a', 'b', 'a', 'c', 'a', 'b']) ask(hash, 40);
    expect(rendered).toEqual(['a', 'b', 'c', 'b']);
  });

  it('keeps one that is larger than the bound until the next comes', () => {
    const { ask, rendered } = cacheOf(100);
    for (const hash of ['large', 'large', 'b', 'large']) ask(hash, hash === 'b' ? 10 : 200);
    expect(rendered).toEqual(['large', 'b', 'large']);
  });
});
