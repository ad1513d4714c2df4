import { GenerationCache } from '../../caches/generation-cache.ts';
import type { Change, KeyValue, StorageKey } from '../../storage.ts';

/** Bookkeeping of an entry, roughly. */
const entryBytes = 250;

/**
 * Objects by key as followers have been told of them: what was read is likely to be read again, by a GET or for the next
 * write. An entry never outlives the change that replaces it, because the changes come here before anybody hears of them;
 * what was written and never read is not kept.
 */
export class CurrentObjects {
  readonly #objects: GenerationCache<StorageKey, KeyValue>;

  constructor(maxBytes: number) {
    this.#objects = new GenerationCache(maxBytes, ({ value }) => value.byteLength + entryBytes);
  }

  /** Undefined when it is not known here, which does not mean that there is none. */
  get(key: StorageKey): KeyValue | undefined {
    return this.#objects.get(key);
  }

  /** `item` is the object as followers know it. */
  add(item: KeyValue): void {
    this.#objects.set(item.key, item);
  }

  /** Followers are about to hear of these. */
  apply(changes: readonly Change[]): void {
    for (const { key, value, revision, createRevision } of changes) {
      if (!this.#objects.has(key)) continue;
      if (value === undefined) this.#objects.delete(key);
      else this.add({ key, value, modRevision: revision, createRevision });
    }
  }
}
