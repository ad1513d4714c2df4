/**
 * What was used lately, within a bound. Two generations of half of it each: an entry that is used again moves to the young one;
 * when that is full it becomes the old one, and what was in the old one goes. An entry that is used all the time is not moved: a `Map`
 * whose entries come and go makes new tables, each of which keeps the next one until a full collection.
 */
export class GenerationCache<K, V> {
  readonly #half: number;
  readonly #sizeOf: (value: V) => number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  #youngSize = 0;

  /** `max` bounds the sum of what `sizeOf` says of the entries: bytes with their bookkeeping, or 1 each by default. */
  constructor(max: number, sizeOf: (value: V) => number = () => 1) {
    this.#half = max / 2;
    this.#sizeOf = sizeOf;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: K, value: V): void {
    const size = this.#sizeOf(value);
    this.#forgetYoung(key);
    if (this.#youngSize > 0 && this.#youngSize + size > this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSize = 0;
    }
    this.#young.set(key, value);
    this.#youngSize += size;
  }

  delete(key: K): void {
    this.#forgetYoung(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngSize = 0;
  }

  #forgetYoung(key: K): void {
    const known = this.#young.get(key);
    if (known === undefined) return;
    this.#young.delete(key);
    this.#youngSize -= this.#sizeOf(known);
  }
}
