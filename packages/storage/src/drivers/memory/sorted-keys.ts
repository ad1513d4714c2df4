import { compareKeys } from '../../key-order.ts';

/** Keys per block before it is split; small enough that an insertion moves little. */
const blockSize = 512;

/** An ordered set of strings in byte order: a list of sorted blocks. */
export class SortedKeys {
  readonly #blocks: string[][] = [];

  add(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) {
      const last = this.#blocks[this.#blocks.length - 1];
      if (last === undefined) this.#blocks.push([key]);
      else this.#insert(last, this.#blocks.length - 1, key);
      return;
    }
    this.#insert(block, at, key);
  }

  delete(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const i = lowerBound(block, key);
    if (block[i] !== key) return;
    block.splice(i, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** Keys from `start` (inclusive) up to `end` (exclusive; undefined: all), ascending. The set must not change meanwhile. */
  *between(start: string, end: string | undefined): Generator<string> {
    let at = this.#blockOf(start);
    let i = at < this.#blocks.length ? lowerBound(this.#blocks[at] as string[], start) : 0;
    for (; at < this.#blocks.length; at++, i = 0) {
      const block = this.#blocks[at] as string[];
      for (; i < block.length; i++) {
        const key = block[i] as string;
        if (end !== undefined && compareKeys(key, end) >= 0) return;
        yield key;
      }
    }
  }

  #insert(block: string[], at: number, key: string): void {
    const i = lowerBound(block, key);
    if (block[i] === key) return;
    block.splice(i, 0, key);
    if (block.length > blockSize) this.#blocks.splice(at + 1, 0, block.splice(blockSize / 2));
  }

  /** Index of the first block whose last key is not less than `key`. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle] as string[];
      if (compareKeys(block[block.length - 1] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(block: string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(block[middle] as string, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
