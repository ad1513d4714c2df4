import type { EtcdKeys, EtcdRange } from '../../drivers/etcd/etcd-keys.ts';
import type { EtcdLayout } from '../../drivers/etcd/etcd-settings.ts';
import type { EtcdConnection } from '../../drivers/etcd/rpc/etcd-connection.ts';
import { clusterMethod, leaseTimeToLiveMethod, rangeMethod } from '../../drivers/etcd/rpc/etcd-methods.ts';
import { encodeLeaseId, encodeRange } from '../../drivers/etcd/rpc/etcd-requests.ts';
import type { ClusterState, EtcdKeyValue } from '../../drivers/etcd/rpc/etcd-responses.ts';
import { decodeObject, toKeyValue } from '../../drivers/etcd/stored-object.ts';
import type { Revision } from '../../storage.ts';
import { isStorageError, StorageError } from '../../storage-error.ts';
import type { MovedIndexRow, MovedLease, MovedObject, StoreExport } from '../store-place.ts';

const firstPage = 200;
const largestPage = 2000;
const pageBytes = 4 * 1024 * 1024;
const pageKeys = 5000;

/** One snapshot of etcd. */
export class EtcdExport implements StoreExport {
  readonly source: string;
  readonly revision: Revision;
  readonly #connection: EtcdConnection;
  readonly #layout: EtcdLayout;
  /** etcd's revision after which nothing may have been written. */
  readonly #since: number;
  /** The same, or what is left of it when etcd has compacted it: objects whose leases ended may be missing. */
  readonly #snapshot: number;
  readonly #leases = new Map<number, MovedLease>();
  /** Objects of the snapshot that do not expire; counted when it is first asked for. */
  #lasting: number | undefined;

  private constructor(
    source: string,
    connection: EtcdConnection,
    layout: EtcdLayout,
    { since, snapshot }: { since: number; snapshot: number },
  ) {
    this.source = source;
    this.revision = layout.scale.toRevision(since, 0);
    this.#since = since;
    this.#connection = connection;
    this.#layout = layout;
    this.#snapshot = snapshot;
  }

  /** The newest snapshot, or that of a revision. The connection belongs to it from now on. */
  static async open(
    connection: EtcdConnection,
    layout: EtcdLayout,
    prefix: string,
    revision?: number,
  ): Promise<EtcdExport> {
    const { nothing } = layout.keys;
    const source = `etcd:${(await readCluster(connection, layout.keys)).id}${prefix}`;
    const newest = async (at?: number): Promise<number> =>
      (await connection.request(rangeMethod, encodeRange({ key: nothing, countOnly: true, revision: at }))).revision;
    const present = await newest();
    if (revision === undefined)
      return new EtcdExport(source, connection, layout, { since: present, snapshot: present });
    const since = layout.scale.snapshotOf(revision as Revision);
    try {
      await newest(since);
      return new EtcdExport(source, connection, layout, { since, snapshot: since });
    } catch (error) {
      if (!isStorageError(error, 'RevisionCompacted') && !isStorageError(error, 'RevisionInFuture')) throw error;
      return new EtcdExport(source, connection, layout, { since, snapshot: present });
    }
  }

  async count(): Promise<number> {
    const range = { ...this.#layout.keys.allObjects, countOnly: true, revision: this.#snapshot };
    return (await this.#connection.request(rangeMethod, encodeRange(range))).count;
  }

  async *objects(after: string): AsyncGenerator<MovedObject[]> {
    const range = this.#layout.keys.objects('', after);
    if (range === undefined) return;
    for await (const items of this.#pages(range, { revision: this.#snapshot })) {
      await this.#learnLeases(items);
      yield items.map((item) => this.#object(item));
    }
  }

  async *indexRows(): AsyncGenerator<MovedIndexRow[]> {
    const { keys } = this.#layout;
    for await (const items of this.#pages(keys.allRows, { revision: this.#snapshot, keysOnly: true }))
      yield items.map(({ key }) => keys.parseAnyRow(key));
  }

  /**
   * Whoever uses the store has receipts in it. Whoever used it left a later change or fewer objects, unless all that they
   * did was to delete what would have expired.
   */
  async checkUnused(): Promise<void> {
    const { keys } = this.#layout;
    await requireNoServers(this.#connection, keys, this.source);
    if (this.#snapshot < this.#since) throw this.#changed('back to what it was earlier');
    this.#lasting ??= await this.#countLasting(this.#snapshot);
    const lasting = await this.#countLasting(undefined, (key) => {
      throw this.#changed(`${keys.keyOf(key)} for one`);
    });
    if (lasting !== this.#lasting) throw this.#changed(`${lasting} objects are left of ${this.#lasting}`);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** Objects that do not expire. `onLater`: called with one that is newer than the store may be. */
  async #countLasting(revision: number | undefined, onLater?: (key: Uint8Array) => void): Promise<number> {
    let count = 0;
    for await (const items of this.#pages(this.#layout.keys.allObjects, { revision, keysOnly: true })) {
      const later = items.find(({ modRevision }) => modRevision > this.#since);
      if (later !== undefined) onLater?.(later.key);
      count += items.filter(({ lease }) => lease === 0).length;
    }
    return count;
  }

  #changed(how: string): StorageError {
    const words = `${this.source} has changed since the move began, ${how}; remove what is in the target and begin anew`;
    return new StorageError('StorageFailed', words);
  }

  async *#pages(
    { key: start, rangeEnd }: EtcdRange,
    options: { revision?: number | undefined; keysOnly?: boolean },
  ): AsyncGenerator<EtcdKeyValue[]> {
    let key = start;
    let limit = options.keysOnly === true ? pageKeys : firstPage;
    for (;;) {
      const page = await this.#connection.request(rangeMethod, encodeRange({ ...options, key, rangeEnd, limit }));
      const last = page.items.at(-1);
      if (last === undefined) return;
      yield page.items;
      if (!page.more) return;
      key = Buffer.concat([last.key, new Uint8Array(1)]);
      if (options.keysOnly !== true) limit = limitFor(page.items);
    }
  }

  async #learnLeases(items: readonly EtcdKeyValue[]): Promise<void> {
    const unknown = new Set(items.map(({ lease }) => lease).filter((lease) => lease !== 0 && !this.#leases.has(lease)));
    await Promise.all([...unknown].map(async (lease) => this.#leases.set(lease, await this.#lease(lease))));
  }

  async #lease(id: number): Promise<MovedLease> {
    try {
      const { left, granted } = await this.#connection.request(leaseTimeToLiveMethod, encodeLeaseId(id));
      if (left > 0) return { id, ttlMs: granted * 1000, expiresAt: Date.now() + left * 1000 };
    } catch (error) {
      if (!isStorageError(error, 'LeaseNotFound')) throw error;
    }
    return { id, ttlMs: 0, expiresAt: 0 };
  }

  #object(item: EtcdKeyValue): MovedObject {
    const { keys, scale } = this.#layout;
    const key = keys.keyOf(item.key);
    const { state, value } = decodeObject(key, item);
    return { ...toKeyValue(scale, key, state, value), indexes: state.rows, lease: this.#leases.get(state.lease) };
  }
}

/** Which cluster this is, and how far it has come: no read that begins later is of an earlier revision. */
export function readCluster(connection: EtcdConnection, { nothing }: EtcdKeys): Promise<ClusterState> {
  return connection.request(clusterMethod, encodeRange({ key: nothing, countOnly: true }));
}

/** Rejects with `StorageFailed` when there are any. `name`: of the store. */
export async function requireNoServers(connection: EtcdConnection, keys: EtcdKeys, name: string): Promise<void> {
  const { count } = await connection.request(rangeMethod, encodeRange({ ...keys.allReceipts, countOnly: true }));
  if (count === 0) return;
  const who = count === 1 ? 'a server' : `${count} servers`;
  const words = `${name} is in use by ${who}; stop them all (who was killed counts for another minute)`;
  throw new StorageError('StorageFailed', words);
}

function limitFor(items: readonly EtcdKeyValue[]): number {
  const bytes = items.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
  return Math.min(largestPage, Math.max(10, Math.floor((pageBytes * items.length) / bytes)));
}
