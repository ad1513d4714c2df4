/**
 * Values by the revision that wrote them. What a revision wrote never changes, so an entry is never wrong; it is kept
 * because what was just written or read is likely to be read again: by a GET, as the former value of the next
 * change, by several watchers. Two generations of half the bytes each: an entry that is used again moves to the young
 * one; when that is full it becomes the old one, and what was in the old one goes.
 */
export class ValueCache {
  readonly #halfBytes: number;
  #young = new Map<number, Uint8Array>();
  #old = new Map<number, Uint8Array>();
  #youngBytes = 0;

  constructor(maxBytes: number) {
    this.#halfBytes = maxBytes / 2;
  }

  get(revision: number): Uint8Array | undefined {
    const young = this.#young.get(revision);
    if (young !== undefined) return young;
    const old = this.#old.get(revision);
    if (old !== undefined) this.add(revision, old);
    return old;
  }

  add(revision: number, value: Uint8Array): void {
    this.#young.set(revision, value);
    this.#youngBytes += value.byteLength + entryBytes;
    if (this.#youngBytes <= this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

/** Bookkeeping of an entry, roughly. */
const entryBytes = 150;
