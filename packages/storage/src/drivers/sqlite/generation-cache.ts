/**
 * What was used lately, in a bounded number of bytes. Two generations of half of them each: an entry that is used again moves
 * to the young one; when that is full it becomes the old one, and what was in the old one goes.
 */
export class GenerationCache<K, V> {
  readonly #halfBytes: number;
  readonly #sizeOf: (value: V) => number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  #youngBytes = 0;

  /** `sizeOf`: bytes of an entry with its bookkeeping. */
  constructor(maxBytes: number, sizeOf: (value: V) => number) {
    this.#halfBytes = maxBytes / 2;
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
    this.#forgetYoung(key);
    this.#young.set(key, value);
    this.#youngBytes += this.#sizeOf(value);
    if (this.#youngBytes <= this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  delete(key: K): void {
    this.#forgetYoung(key);
    this.#old.delete(key);
  }

  #forgetYoung(key: K): void {
    const known = this.#young.get(key);
    if (known === undefined) return;
    this.#young.delete(key);
    this.#youngBytes -= this.#sizeOf(known);
  }
}

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
