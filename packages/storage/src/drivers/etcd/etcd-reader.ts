import type {
  IndexEntry,
  IndexRangeOptions,
  KeyValue,
  RangeOptions,
  RangeResult,
  Revision,
  StorageKey,
} from '../../storage.ts';
import type { EtcdKeys, EtcdRange } from './etcd-keys.ts';
import type { EtcdLayout } from './etcd-settings.ts';
import type { KnownObjects } from './known-objects.ts';
import { ReadBatches } from './read-batches.ts';
import type { RevisionScale } from './revision-scale.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { rangeMethod, txnMethod } from './rpc/etcd-methods.ts';
import { encodeRange, encodeTxn, type RangeRequest } from './rpc/etcd-requests.ts';
import type { EtcdKeyValue, RangeResponse } from './rpc/etcd-responses.ts';
import { decodeObject, toKeyValue } from './stored-object.ts';

/** Bytes that a page of objects is meant to have, and its least and most objects. */
const pageBytes = 4 * 1024 * 1024;
const firstPage = 500;
const largestPage = 5000;

/** Rows of an index that are read at once, and objects that are fetched for them in one request. */
const rowPage = 1000;
const objectsPerRequest = 100;

/** Larger results than this are lists, which are not followed by writes to what they have. */
const rememberedItems = 100;

/** Reads of objects and indexes. All are linearizable: what any client was told is written is seen. */
export class EtcdReader {
  readonly #connection: EtcdConnection;
  readonly #keys: EtcdKeys;
  readonly #scale: RevisionScale;
  readonly #known: KnownObjects;
  readonly #batches: ReadBatches;

  constructor(connection: EtcdConnection, { keys, scale }: EtcdLayout, known: KnownObjects) {
    this.#connection = connection;
    this.#keys = keys;
    this.#scale = scale;
    this.#known = known;
    this.#batches = new ReadBatches(connection);
  }

  /** etcd's newest revision; fails like a read of `revision`, if given. */
  async newest(revision?: number): Promise<number> {
    if (revision === undefined) return (await this.#batches.read(this.#keys.nothing)).revision;
    return (await this.#range({ key: this.#keys.nothing, countOnly: true, revision })).revision;
  }

  async get(key: StorageKey, revision: Revision | undefined): Promise<KeyValue | undefined> {
    const object = this.#keys.object(key);
    if (revision === undefined) {
      const { item } = await this.#batches.read(object);
      return item && this.#object(item, true);
    }
    const { items } = await this.#range({ key: object, revision: this.#scale.snapshotOf(revision) });
    return items[0] && this.#object(items[0], false);
  }

  async range(prefix: string, { after, limit, revision }: RangeOptions): Promise<RangeResult> {
    const range = this.#keys.objects(prefix, after);
    const snapshot = revision && this.#scale.snapshotOf(revision);
    if (range === undefined) return this.#empty(snapshot);
    const items: EtcdKeyValue[] = [];
    const page = await this.#pages({ range, limit, revision: snapshot, size: firstPage }, (page) => {
      items.push(...page.items);
    });
    const remember = revision === undefined && items.length <= rememberedItems;
    return {
      items: items.map((item) => this.#object(item, remember)),
      revision: this.#scale.toRevision(snapshot ?? page.revision, 0),
      more: page.more,
    };
  }

  async count(prefix: string): Promise<number> {
    const range = this.#keys.objects(prefix);
    return range === undefined ? 0 : (await this.#range({ ...range, countOnly: true })).count;
  }

  async rangeIndex(index: string, value: string, options: IndexRangeOptions): Promise<RangeResult> {
    const range = this.#keys.rows(index, value, options.prefix ?? '', options.after);
    if (range === undefined) return this.#empty();
    const keys: StorageKey[] = [];
    const request = { range, limit: options.limit, keysOnly: true, size: rowPage };
    const page = await this.#pages(request, (rows) => {
      for (const row of rows.items) keys.push(this.#keys.parseRow(index, row.key).key);
    });
    const items = await this.#objectsAt(keys, page.revision);
    return { items, revision: this.#scale.toRevision(page.revision, 0), more: page.more };
  }

  /** Whether an object carries this row. */
  async carries({ index, value }: IndexEntry): Promise<boolean> {
    const range = this.#keys.rows(index, value, '');
    if (range === undefined) return false;
    return (await this.#range({ ...range, limit: 1, keysOnly: true })).items.length > 0;
  }

  async indexValues(index: string, valuePrefix: string, options: { limit?: number; after?: string }) {
    const values: string[] = [];
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    let { after } = options;
    let revision: number | undefined;
    for (;;) {
      const range = this.#keys.rowsOfValues(index, valuePrefix, after);
      if (range === undefined) return values;
      const page = await this.#range({ ...range, keysOnly: true, limit: rowPage, revision });
      for (const row of page.items) {
        const { value } = this.#keys.parseRow(index, row.key);
        if (value === after) continue;
        values.push(value);
        if (values.length === limit) return values;
        after = value;
      }
      if (!page.more) return values;
      revision = page.revision;
    }
  }

  /** Objects of one snapshot of etcd. */
  async #objectsAt(keys: readonly StorageKey[], revision: number): Promise<KeyValue[]> {
    const objects: KeyValue[] = [];
    for (let i = 0; i < keys.length; i += objectsPerRequest) {
      const ranges = keys
        .slice(i, i + objectsPerRequest)
        .map((key) => ({ range: { key: this.#keys.object(key), revision } }));
      const message = encodeTxn({ compares: [], success: ranges, failure: [] });
      const answer = await this.#connection.request(txnMethod, message);
      for (const range of answer.ranges) for (const item of range?.items ?? []) objects.push(this.#object(item, true));
    }
    return objects;
  }

  /** Hands over a range page by page, all of one snapshot; resolves with the last page, and etcd's revision of all. */
  async #pages(
    request: { range: EtcdRange; limit?: number; revision?: number; keysOnly?: boolean; size: number },
    onPage: (page: RangeResponse) => void,
  ): Promise<{ revision: number; more: boolean }> {
    const { rangeEnd } = request.range;
    let { key } = request.range;
    let left = request.limit ?? Number.POSITIVE_INFINITY;
    let { size } = request;
    let { revision } = request;
    for (;;) {
      const page = await this.#range({
        key,
        rangeEnd,
        limit: Math.min(left, size),
        revision,
        keysOnly: request.keysOnly,
      });
      revision ??= page.revision;
      onPage(page);
      left -= page.items.length;
      const last = page.items.at(-1);
      if (!page.more || left <= 0 || last === undefined) return { revision, more: page.more };
      key = Buffer.concat([last.key, new Uint8Array(1)]);
      size = nextSize(page);
    }
  }

  #range(request: RangeRequest): Promise<RangeResponse> {
    return this.#connection.request(rangeMethod, encodeRange(request));
  }

  async #empty(snapshot?: number): Promise<RangeResult> {
    const newest = await this.newest(snapshot);
    return { items: [], revision: this.#scale.toRevision(snapshot ?? newest, 0), more: false };
  }

  #object(item: EtcdKeyValue, remember: boolean): KeyValue {
    const key = this.#keys.keyOf(item.key);
    const { state, value } = decodeObject(key, item);
    if (remember) this.#known.set(key, state);
    return toKeyValue(this.#scale, key, state, value);
  }
}

function nextSize({ items }: RangeResponse): number {
  const bytes = items.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
  const size = Math.floor(pageBytes / (bytes / items.length));
  return Math.min(largestPage, Math.max(10, size));
}
