import { GenerationCache } from './generation-cache.ts';

/**
 * A bounded cache of values that are computed from the store and dropped by its change log. Loads that a change overtakes
 * are used once and not kept, so a stale value never survives the change that made it stale.
 */
export class DerivedCache<V> {
  private readonly entries: GenerationCache<string, V>;
  private readonly loading = new Map<string, { promise: Promise<V>; stale: boolean }>();

  /** `capacity`: entries. */
  constructor(capacity: number) {
    this.entries = new GenerationCache(capacity);
  }

  /** The cached value when there is one; never loads. */
  peek(key: string): V | undefined {
    return this.entries.get(key);
  }

  async get(key: string, load: () => Promise<V>): Promise<V> {
    const known = this.peek(key);
    if (known !== undefined) return known;
    const running = this.loading.get(key);
    if (running !== undefined && !running.stale) return running.promise;
    const entry = { promise: load(), stale: false };
    this.loading.set(key, entry);
    try {
      const value = await entry.promise;
      if (!entry.stale) this.entries.set(key, value);
      return value;
    } finally {
      if (this.loading.get(key) === entry) this.loading.delete(key);
    }
  }

  drop(key: string): void {
    this.entries.delete(key);
    const running = this.loading.get(key);
    if (running !== undefined) running.stale = true;
  }

  clear(): void {
    this.entries.clear();
    for (const running of this.loading.values()) running.stale = true;
  }
}
