import {
  checkCompactRevision,
  checkFollowRevision,
  checkRange,
  checkReadRevision,
  checkTimeToLive,
  checkTransaction,
} from '../../argument-checks.ts';
import { LiveFollowers } from '../../change-log/live-followers.ts';
import { type Clock, monotonicClock } from '../../clock.ts';
import { prefixEnd, rangeStart } from '../../key-order.ts';
import type {
  Change,
  ChangeFollower,
  IndexRangeOptions,
  KeyValue,
  LeaseId,
  Operation,
  RangeOptions,
  RangeResult,
  Revision,
  Storage,
  StorageKey,
  Subscription,
  Transaction,
  TransactionResult,
} from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import { MemoryHistory, toKeyValue, type Version } from './memory-history.ts';
import { MemoryIndexes } from './memory-indexes.ts';
import { MemoryLeases } from './memory-leases.ts';

export interface MemoryStorageOptions {
  /** Decides when leases expire. Default: the system's. */
  clock?: Clock;
}

/** Changes that a follower gets at once while it catches up. */
const catchUpChunk = 1000;

/** A complete {@link Storage} without a disk: nothing survives `close`. For tests and throw-away servers. */
export class MemoryStorage implements Storage {
  readonly driver = 'memory';
  readonly #history = new MemoryHistory();
  readonly #indexes = new MemoryIndexes();
  readonly #leases: MemoryLeases;
  readonly #followers = new LiveFollowers();
  #closed = false;

  constructor(options: MemoryStorageOptions = {}) {
    this.#leases = new MemoryLeases(options.clock ?? monotonicClock, (keys) => this.#deleteKeys(keys));
  }

  async get(key: StorageKey, options?: { revision?: Revision }): Promise<KeyValue | undefined> {
    this.#checkOpen();
    checkRange(key, undefined);
    if (options?.revision === undefined) return toKeyValue(key, this.#history.newest(key));
    checkReadRevision(options.revision, this.#history);
    return toKeyValue(key, this.#history.asOf(key, options.revision));
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    this.#checkOpen();
    checkRange(prefix, options);
    const { revision } = options;
    if (revision !== undefined) checkReadRevision(revision, this.#history);
    const keys = this.#history.keysBetween(rangeStart(prefix, options.after), prefix);
    const version =
      revision === undefined
        ? (key: string) => this.#history.newest(key)
        : (key: string) => this.#history.asOf(key, revision);
    return this.#collect(keys, version, { limit: options.limit, revision });
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen();
    checkRange(prefix, undefined);
    let count = 0;
    for (const key of this.#history.keysBetween(prefix, prefix))
      if (this.#history.newest(key)?.value !== undefined) count++;
    return count;
  }

  async rangeIndex(index: string, value: string, options: IndexRangeOptions = {}): Promise<RangeResult> {
    this.#checkOpen();
    const prefix = options.prefix ?? '';
    checkRange(prefix, options);
    const keys =
      this.#indexes.keysOf(index, value)?.between(rangeStart(prefix, options.after), prefixEnd(prefix)) ?? [];
    return this.#collect(keys, (key) => this.#history.newest(key), { limit: options.limit });
  }

  async indexValues(
    index: string,
    valuePrefix: string,
    options: { limit?: number; after?: string } = {},
  ): Promise<string[]> {
    this.#checkOpen();
    checkRange(valuePrefix, options);
    const values: string[] = [];
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    for (const value of this.#indexes.values(index, rangeStart(valuePrefix, options.after), valuePrefix)) {
      values.push(value);
      if (values.length >= limit) break;
    }
    return values;
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen();
    checkTransaction(transaction);
    for (const compare of transaction.compares) {
      const current = toKeyValue(compare.key, this.#history.newest(compare.key));
      if ((current?.modRevision ?? 0) !== compare.modRevision) return { succeeded: false, failed: compare, current };
    }
    for (const operation of transaction.operations) {
      if (operation.type === 'put' && operation.lease !== undefined) this.#leases.check(operation.lease);
    }
    const changes: Change[] = [];
    const unmet = transaction.operations.map((operation) => this.#isUnmet(operation));
    const revisions = transaction.operations.map((operation, i) => {
      const change = unmet[i] === true ? undefined : this.#apply(operation);
      if (change === undefined) return 0;
      changes.push(change);
      return change.revision;
    });
    const revision = this.#history.current as Revision;
    this.#followers.publish(changes);
    return { succeeded: true, revisions, revision };
  }

  async currentRevision(): Promise<Revision> {
    this.#checkOpen();
    return this.#history.current as Revision;
  }

  async follow(after: Revision, follower: ChangeFollower): Promise<Subscription> {
    this.#checkOpen();
    checkFollowRevision(after, this.#history);
    let live: Subscription | undefined;
    let closed = false;
    let position: number = after;
    const catchUp = (): void => {
      if (closed || this.#closed) return;
      if (position < this.#history.compacted) {
        follower.onError(
          new StorageError('RevisionCompacted', `the changes after ${position} were compacted while they were read`),
        );
        return;
      }
      const chunk = this.#history.changesAfter(position, catchUpChunk);
      position = chunk.at(-1)?.revision ?? position;
      if (chunk.length === catchUpChunk) setImmediate(catchUp);
      else live = this.#followers.join(follower, position);
      if (chunk.length > 0) follower.onChanges(chunk);
    };
    queueMicrotask(catchUp);
    return {
      close: () => {
        closed = true;
        live?.close();
      },
    };
  }

  async compact(revision: Revision): Promise<void> {
    this.#checkOpen();
    checkCompactRevision(revision, this.#history.current);
    if (revision > this.#history.compacted) this.#history.compact(revision);
  }

  async compactedRevision(): Promise<Revision | 0> {
    this.#checkOpen();
    return this.#history.compacted as Revision | 0;
  }

  async grantLease(ttlSeconds: number): Promise<LeaseId> {
    this.#checkOpen();
    return this.#leases.grant(checkTimeToLive(ttlSeconds));
  }

  async revokeLease(lease: LeaseId): Promise<void> {
    this.#checkOpen();
    this.#deleteKeys(this.#leases.revoke(lease));
  }

  async keepLeaseAlive(lease: LeaseId): Promise<void> {
    this.#checkOpen();
    this.#leases.keepAlive(lease);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#leases.close();
    this.#followers.fail(new StorageError('Closed', 'the store was closed'));
  }

  #isUnmet(operation: Operation): boolean {
    if (operation.type === 'delete' || operation.ifIndexed === undefined) return false;
    const { index, value } = operation.ifIndexed;
    return this.#indexes.keysOf(index, value) === undefined;
  }

  #apply(operation: Operation): Change | undefined {
    const before = this.#history.newest(operation.key);
    const live = before?.value === undefined ? undefined : before;
    if (operation.type === 'delete' && live === undefined) return undefined;
    const revision = ++this.#history.current as Revision;
    const createRevision = live?.createRevision ?? revision;
    const after: Version =
      operation.type === 'delete'
        ? { revision, createRevision, value: undefined, lease: undefined, indexes: [] }
        : {
            revision,
            createRevision,
            value: operation.value,
            lease: operation.lease,
            indexes: operation.indexes ?? [],
          };
    this.#indexes.replace(operation.key, live?.indexes ?? [], after.indexes);
    this.#leases.move(operation.key, live?.lease, after.lease);
    return this.#history.append(operation.key, after);
  }

  #deleteKeys(keys: string[]): void {
    const changes: Change[] = [];
    for (const key of keys) {
      const change = this.#apply({ type: 'delete', key: key as StorageKey });
      if (change !== undefined) changes.push(change);
    }
    this.#followers.publish(changes);
  }

  #collect(
    keys: Iterable<string>,
    version: (key: string) => Version | undefined,
    options: { limit: number | undefined; revision?: Revision | undefined },
  ): RangeResult {
    const items: KeyValue[] = [];
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    let more = false;
    for (const key of keys) {
      const item = toKeyValue(key, version(key));
      if (item === undefined) continue;
      if (items.length >= limit) {
        more = true;
        break;
      }
      items.push(item);
    }
    return { items, revision: options.revision ?? (this.#history.current as Revision), more };
  }

  #checkOpen(): void {
    if (this.#closed) throw new StorageError('Closed', 'the store is closed');
  }
}
