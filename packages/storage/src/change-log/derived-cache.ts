/**
 * A bounded cache of values that are computed from the store and dropped by its change log. Loads that a change overtakes
 * are used once and not kept, so a stale value never survives the change that made it stale.
 */
export class DerivedCache<V> {
  private readonly entries = new Map<string, V>();
  private readonly loading = new Map<string, { promise: Promise<V>; stale: boolean }>();
  private readonly capacity: number;
  /** The key that was used last: it need not be moved. */
  private newest: string | undefined;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The cached value when there is one; never loads. */
  peek(key: string): V | undefined {
    const known = this.entries.get(key);
    if (known === undefined || key === this.newest) return known;
    // Most recently used last.
    this.entries.delete(key);
    this.entries.set(key, known);
    this.newest = key;
    return known;
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
      if (!entry.stale) this.keep(key, value);
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

  get size(): number {
    return this.entries.size;
  }

  private keep(key: string, value: V): void {
    this.entries.set(key, value);
    this.newest = key;
    if (this.entries.size <= this.capacity) return;
    const oldest = this.entries.keys().next().value;
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}
