import { prefixEnd } from '../../key-order.ts';
import type { IndexEntry } from '../../storage.ts';
import { SortedKeys } from './sorted-keys.ts';

interface Index {
  values: SortedKeys;
  keysByValue: Map<string, SortedKeyCount>;
}

interface SortedKeyCount {
  keys: SortedKeys;
  count: number;
}

/** Secondary index rows: (index, value) → keys. */
export class MemoryIndexes {
  readonly #indexes = new Map<string, Index>();

  /** Replaces the rows of one key. */
  replace(key: string, before: readonly IndexEntry[], after: readonly IndexEntry[]): void {
    for (const entry of distinct(before)) this.#remove(entry, key);
    for (const entry of distinct(after)) this.#add(entry, key);
  }

  keysOf(index: string, value: string): SortedKeys | undefined {
    return this.#indexes.get(index)?.keysByValue.get(value)?.keys;
  }

  *values(index: string, start: string, prefix: string): Generator<string> {
    const found = this.#indexes.get(index);
    if (found !== undefined) yield* found.values.between(start, prefixEnd(prefix));
  }

  #add({ index, value }: IndexEntry, key: string): void {
    let found = this.#indexes.get(index);
    if (found === undefined) {
      found = { values: new SortedKeys(), keysByValue: new Map() };
      this.#indexes.set(index, found);
    }
    let row = found.keysByValue.get(value);
    if (row === undefined) {
      row = { keys: new SortedKeys(), count: 0 };
      found.keysByValue.set(value, row);
      found.values.add(value);
    }
    row.keys.add(key);
    row.count++;
  }

  #remove({ index, value }: IndexEntry, key: string): void {
    const found = this.#indexes.get(index);
    const row = found?.keysByValue.get(value);
    if (found === undefined || row === undefined) return;
    row.keys.delete(key);
    if (--row.count > 0) return;
    found.keysByValue.delete(value);
    found.values.delete(value);
    if (found.keysByValue.size === 0) this.#indexes.delete(index);
  }
}

function distinct(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  if (entries.length < 2) return entries;
  return entries.filter(
    (entry, i) => entries.findIndex((other) => other.index === entry.index && other.value === entry.value) === i,
  );
}
