import { createHash } from 'node:crypto';
import { compareKeys } from '../key-order.ts';
import type { IndexEntry } from '../storage.ts';
import type { MovedIndexRow, MovedObject } from './store-place.ts';

/** SHA-256 of an object's key, value and index rows, each with its length; not of its revisions. */
export function digestOf({ key, value, indexes }: Pick<MovedObject, 'key' | 'value' | 'indexes'>): Buffer {
  const hash = createHash('sha256');
  const rows = distinctRows(indexes).sort();
  for (const text of [key, ...rows]) hash.update(`${Buffer.byteLength(text)}:${text}`);
  return hash.update(`${value.byteLength}:`).update(value).digest();
}

export function distinctRows(indexes: readonly IndexEntry[]): string[] {
  return [...new Set(indexes.map(({ index, value }) => `${index}\u0000${value}`))];
}

/** A set of index rows, whatever their order: their number and the sum of their hashes. */
export class RowSum {
  count = 0;
  #sum = 0n;

  add({ index, value, key }: MovedIndexRow): void {
    const hash = createHash('sha256').update(`${index}\u0000${value}\u0000${key}`).digest();
    this.#sum = BigInt.asUintN(128, this.#sum + hash.readBigUInt64LE(0) + (hash.readBigUInt64LE(8) << 64n));
    this.count++;
  }

  addObject({ key, indexes }: Pick<MovedObject, 'key' | 'indexes'>): void {
    for (const row of distinctRows(indexes)) {
      const nul = row.indexOf('\u0000');
      this.add({ index: row.slice(0, nul), value: row.slice(nul + 1), key });
    }
  }

  equals(other: RowSum): boolean {
    return this.count === other.count && this.#sum === other.#sum;
  }
}

/** Objects of pages, one by one. */
export async function* eachObject(pages: AsyncIterable<MovedObject[]>): AsyncGenerator<MovedObject, undefined> {
  let last = '';
  for await (const page of pages) {
    for (const object of page) {
      if (compareKeys(object.key, last) <= 0) throw new Error(`${object.key} comes after ${last}`);
      last = object.key;
      yield object;
    }
  }
  return undefined;
}
