import { GenerationCache } from '../../caches/generation-cache.ts';

/** Bookkeeping of an entry, roughly. */
const entryBytes = 150;

/**
 * Values by the revision that wrote them. What a revision wrote never changes, so an entry is never wrong; it is kept
 * because what was just written or read is likely to be read again: by a GET, as the former value of the next change, by
 * several watchers.
 */
export type ValueCache = GenerationCache<number, Uint8Array>;

export function valueCache(maxBytes: number): ValueCache {
  return new GenerationCache(maxBytes, (value) => value.byteLength + entryBytes);
}
