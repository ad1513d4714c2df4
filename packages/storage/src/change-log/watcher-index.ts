import type { Change } from '../storage.ts';

/** Somebody who wants the changes below a prefix, or of one key. */
export interface IndexedWatcher {
  /** Ends in `/`, or is empty: all keys that start with it. Otherwise: this very key. */
  readonly prefix: string;
}

interface Bucket<W> {
  watchers: Set<W>;
  /** Changes of the batch being distributed. */
  pending: Change[];
}

/**
 * Watchers by prefix. A change finds its watchers by one hash lookup for each of its own prefixes that end in `/`, and
 * only for those lengths (in segments) that somebody watches: the cost does not grow with the number of watchers that
 * are not concerned. Watchers of the same prefix share one array of changes.
 */
export class WatcherIndex<W extends IndexedWatcher> {
  readonly #buckets = new Map<string, Bucket<W>>();
  /** Number of prefixes watched, by how many slashes they have. */
  readonly #depths: number[] = [];
  #exactKeys = 0;

  add(watcher: W): void {
    let bucket = this.#buckets.get(watcher.prefix);
    if (bucket === undefined) {
      bucket = { watchers: new Set(), pending: [] };
      this.#buckets.set(watcher.prefix, bucket);
      this.#count(watcher.prefix, 1);
    }
    bucket.watchers.add(watcher);
  }

  delete(watcher: W): void {
    const bucket = this.#buckets.get(watcher.prefix);
    if (bucket === undefined || !bucket.watchers.delete(watcher) || bucket.watchers.size > 0) return;
    this.#buckets.delete(watcher.prefix);
    this.#count(watcher.prefix, -1);
  }

  /** Calls `deliver` once per concerned watcher with its changes of the batch, in order. */
  distribute(batch: readonly Change[], deliver: (watcher: W, changes: readonly Change[]) => void): void {
    const touched: Bucket<W>[] = [];
    for (const change of batch) this.#match(change, touched);
    for (const bucket of touched) {
      const changes = bucket.pending;
      bucket.pending = [];
      for (const watcher of bucket.watchers) deliver(watcher, changes);
    }
  }

  #match(change: Change, touched: Bucket<W>[]): void {
    const { key } = change;
    if (this.#depths[0]) this.#note('', change, touched);
    let slash = key.indexOf('/');
    for (let depth = 1; slash !== -1 && depth < this.#depths.length; depth++) {
      if (this.#depths[depth]) this.#note(key.slice(0, slash + 1), change, touched);
      slash = key.indexOf('/', slash + 1);
    }
    if (this.#exactKeys > 0) this.#note(key, change, touched);
  }

  #note(prefix: string, change: Change, touched: Bucket<W>[]): void {
    const bucket = this.#buckets.get(prefix);
    if (bucket === undefined) return;
    if (bucket.pending.length === 0) touched.push(bucket);
    bucket.pending.push(change);
  }

  #count(prefix: string, by: number): void {
    if (prefix !== '' && !prefix.endsWith('/')) {
      this.#exactKeys += by;
      return;
    }
    let depth = 0;
    for (let slash = prefix.indexOf('/'); slash !== -1; slash = prefix.indexOf('/', slash + 1)) depth++;
    while (this.#depths.length <= depth) this.#depths.push(0);
    this.#depths[depth] = (this.#depths[depth] ?? 0) + by;
  }
}

/** Whether a watcher of `prefix` is concerned by `key`. */
export function watches(prefix: string, key: string): boolean {
  return prefix === '' || prefix.endsWith('/') ? key.startsWith(prefix) : key === prefix;
}
