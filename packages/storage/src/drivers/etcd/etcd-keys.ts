import { compareKeys, prefixEnd, rangeStart } from '../../key-order.ts';
import type { IndexEntry, StorageKey } from '../../storage.ts';

const objectLetter = 'k'.charCodeAt(0);

/** A half-open range of etcd's keys. */
export interface EtcdRange {
  key: Uint8Array;
  rangeEnd: Uint8Array;
}

/**
 * How Canopy's keys lie below a prefix of etcd's:
 * `<prefix>/k<key>` an object, `<prefix>/i<index>\0<value>\0<key>` an index row of it, `<prefix>/l/<client>` the receipts
 * of a client, and `<prefix>/m` the settings. Objects and receipts lie side by side, since both are watched. Canopy's texts
 * have no NUL, so rows sort by value, then by key.
 */
export class EtcdKeys {
  readonly #objects: string;
  readonly #rows: string;
  readonly #receipts: string;
  readonly #objectPrefixBytes: number;
  /** No key has this name; reading it tells how etcd is. */
  readonly nothing: Uint8Array;
  /** See `EtcdSettings`. */
  readonly settings: Uint8Array;
  /** All objects and receipts: whatever Canopy writes changes one of them. */
  readonly watched: EtcdRange;
  readonly allObjects: EtcdRange;
  readonly allRows: EtcdRange;
  readonly allReceipts: EtcdRange;

  constructor(prefix: string) {
    this.#objects = `${prefix}/k`;
    this.#rows = `${prefix}/i`;
    this.#receipts = `${prefix}/l/`;
    this.#objectPrefixBytes = Buffer.byteLength(this.#objects);
    this.settings = Buffer.from(`${prefix}/m`);
    this.nothing = Buffer.from(this.#receipts);
    this.watched = between(this.#objects, prefixEnd(this.#receipts)) as EtcdRange;
    const all = (space: string) => between(space, prefixEnd(space)) as EtcdRange;
    this.allObjects = all(this.#objects);
    this.allRows = all(this.#rows);
    this.allReceipts = all(this.#receipts);
  }

  object(key: string): Uint8Array {
    return Buffer.from(this.#objects + key);
  }

  /** Inverse of {@link object}. */
  keyOf(object: Uint8Array): StorageKey {
    return text(object.subarray(this.#objectPrefixBytes)) as StorageKey;
  }

  /** Of the two that are watched. */
  isObject(watched: Uint8Array): boolean {
    return watched[this.#objectPrefixBytes - 1] === objectLetter;
  }

  /** Objects whose keys start with `prefix`, and are greater than `after`; undefined: there can be none. */
  objects(prefix: string, after?: string): EtcdRange | undefined {
    return this.#below(this.#objects, prefix, after);
  }

  row(entry: IndexEntry, key: string): Uint8Array {
    return Buffer.from(this.#rowsOf(entry.index, entry.value) + key);
  }

  /** Rows of an index value, narrowed like {@link objects}. */
  rows(index: string, value: string, prefix: string, after?: string): EtcdRange | undefined {
    return this.#below(this.#rowsOf(index, value), prefix, after);
  }

  /** Rows of all values that start with `valuePrefix` and are greater than `after`. */
  rowsOfValues(index: string, valuePrefix: string, after: string | undefined): EtcdRange | undefined {
    const start = `${this.#rows}${index}\u0000`;
    const first = start + valuePrefix;
    const next = after === undefined ? first : `${start}${after}\u0001`;
    return between(compareKeys(next, first) > 0 ? next : first, prefixEnd(first));
  }

  /** What a row of this index says. */
  parseRow(index: string, row: Uint8Array): { value: string; key: StorageKey } {
    const rest = text(row).slice(this.#rows.length + index.length + 1);
    const nul = rest.indexOf('\u0000');
    return { value: rest.slice(0, nul), key: rest.slice(nul + 1) as StorageKey };
  }

  /** What a row of any index says. */
  parseAnyRow(row: Uint8Array): IndexEntry & { key: StorageKey } {
    const [index = ''] = text(row).slice(this.#rows.length).split('\u0000', 1);
    return { index, ...this.parseRow(index, row) };
  }

  receipts(client: string): Uint8Array {
    return Buffer.from(this.#receipts + client);
  }

  #rowsOf(index: string, value: string): string {
    return `${this.#rows}${index}\u0000${value}\u0000`;
  }

  #below(space: string, prefix: string, after: string | undefined): EtcdRange | undefined {
    const whole = space + prefix;
    return between(rangeStart(whole, after === undefined ? undefined : space + after), prefixEnd(whole));
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function between(start: string, end: string | undefined): EtcdRange | undefined {
  if (end === undefined || compareKeys(start, end) >= 0) return undefined;
  return { key: Buffer.from(start), rangeEnd: Buffer.from(end) };
}
