import type { Change, ChangeHub, Revision } from '@canopy/storage';

/** The first objects of a collection, all of them looked at and none left out, as they are sent. */
export interface CachedPage {
  /** Stored objects with their resource versions, separated by commas. Shared by every answer: never change it. */
  bytes: Buffer;
  count: number;
  /** As of which revision it was read. */
  revision: Revision;
  /** Where the next page goes on, relative to the collection's prefix; `''` when there is nothing more. */
  next: string;
}

/** Pages of one collection, by how many objects were asked for. */
type Collection = Map<number, CachedPage>;

/** Bookkeeping of a collection and of a page, roughly. Bytes. */
const entryBytes = 400;
/** Where the first prefix of a collection can end: `/r/<group>/<resource>/`. */
const shortestPrefix = 4;

/**
 * First pages of collections that were listed lately, in a bounded number of bytes. A collection is forgotten with the
 * first change below its prefix, so what is here holds for every revision from the one at which it was read to the
 * one that the hub has delivered. The collection that was listed longest ago goes first.
 */
export class ListCache {
  readonly #maxBytes: number;
  /** By prefix, which ends in `/`; listed last comes last. */
  readonly #collections = new Map<string, Collection>();
  #bytes = 0;

  constructor(hub: Pick<ChangeHub, 'subscribeAll'>, maxBytes: number) {
    this.#maxBytes = maxBytes;
    hub.subscribeAll((changes) => this.#forget(changes));
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(prefix: string, limit: number): CachedPage | undefined {
    const collection = this.#collections.get(prefix);
    if (collection === undefined) return undefined;
    this.#collections.delete(prefix);
    this.#collections.set(prefix, collection);
    return collection.get(limit);
  }

  /** To be called before a page is read. What it returns keeps the page, unless a change has come in between. */
  reserve(prefix: string, limit: number): (page: CachedPage) => void {
    const collection = this.#collections.get(prefix) ?? this.#add(prefix);
    return (page) => {
      if (this.#collections.get(prefix) !== collection || page.bytes.byteLength > this.#maxBytes / 4) return;
      this.#bytes += sizeOf(page) - sizeOf(collection.get(limit));
      collection.set(limit, page);
      this.#shrink();
    };
  }

  #add(prefix: string): Collection {
    const collection: Collection = new Map();
    this.#collections.set(prefix, collection);
    this.#bytes += entryBytes;
    this.#shrink();
    return collection;
  }

  #shrink(): void {
    while (this.#bytes > this.#maxBytes) {
      const { value } = this.#collections.keys().next();
      if (value === undefined) return;
      this.#drop(value);
    }
  }

  #drop(prefix: string): void {
    const collection = this.#collections.get(prefix);
    if (collection === undefined) return;
    this.#collections.delete(prefix);
    this.#bytes -= entryBytes;
    for (const page of collection.values()) this.#bytes -= sizeOf(page);
  }

  #forget(changes: readonly Change[]): void {
    let last = '';
    for (const { key } of changes) {
      if (this.#collections.size === 0) return;
      const parent = key.slice(0, key.lastIndexOf('/') + 1);
      if (parent === last) continue;
      last = parent;
      let depth = 0;
      for (let slash = parent.indexOf('/'); slash !== -1; slash = parent.indexOf('/', slash + 1)) {
        depth += 1;
        if (depth >= shortestPrefix) this.#drop(parent.slice(0, slash + 1));
      }
    }
  }
}

function sizeOf(page: CachedPage | undefined): number {
  return page === undefined ? 0 : page.bytes.byteLength + entryBytes;
}
