import type { Change, KeyValue, StorageKey } from '../../storage.ts';

/**
 * Objects by key as followers have been told of them: what was read is likely to be read again, by a GET or for the next
 * write. An entry never outlives the change that replaces it, because the changes come here before anybody hears of them; what
 * was written and never read is not kept. Two generations of half the bytes each: an entry that is used again moves to the young one; when that is
 * full it becomes the old one, and what was in the old one goes.
 */
export class CurrentObjects {
  readonly #halfBytes: number;
  #young = new Map<StorageKey, KeyValue>();
  #old = new Map<StorageKey, KeyValue>();
  #youngBytes = 0;

  constructor(maxBytes: number) {
    this.#halfBytes = maxBytes / 2;
  }

  /** Undefined when it is not known here, which does not mean that there is none. */
  get(key: StorageKey): KeyValue | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.add(old);
    return old;
  }

  /** `item` is the object as followers know it. */
  add(item: KeyValue): void {
    this.#forgetYoung(item.key);
    this.#young.set(item.key, item);
    this.#youngBytes += sizeOf(item);
    if (this.#youngBytes <= this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  /** Followers are about to hear of these. */
  apply(changes: readonly Change[]): void {
    for (const { key, value, revision, createRevision } of changes) {
      if (!this.#young.has(key) && !this.#old.has(key)) continue;
      if (value !== undefined) this.add({ key, value, modRevision: revision, createRevision });
      else {
        this.#forgetYoung(key);
        this.#old.delete(key);
      }
    }
  }

  #forgetYoung(key: StorageKey): void {
    const known = this.#young.get(key);
    if (known === undefined) return;
    this.#young.delete(key);
    this.#youngBytes -= sizeOf(known);
  }
}

/** Bookkeeping of an entry, roughly. */
const entryBytes = 250;

function sizeOf({ value }: KeyValue): number {
  return value.byteLength + entryBytes;
}
