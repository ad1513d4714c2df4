import {
  checkCompactRevision,
  checkFollowRevision,
  checkRange,
  checkReadRevision,
  checkTimeToLive,
  checkTransaction,
} from '../../argument-checks.ts';
import type {
  ChangeFollower,
  IndexRangeOptions,
  KeyValue,
  LeaseId,
  RangeOptions,
  RangeResult,
  Revision,
  Storage,
  StorageKey,
  Subscription,
  Transaction,
  TransactionResult,
} from '../../storage.ts';
import { isStorageError, messageOf, StorageError } from '../../storage-error.ts';
import { applyWhatHolds } from './conditional-puts.ts';
import { EtcdCompaction } from './etcd-compaction.ts';
import { EtcdFollowers } from './etcd-followers.ts';
import { EtcdKeys } from './etcd-keys.ts';
import { EtcdLeases } from './etcd-leases.ts';
import { EtcdReader } from './etcd-reader.ts';
import { type EtcdLayout, readSettings } from './etcd-settings.ts';
import { EtcdWriter } from './etcd-writer.ts';
import { KnownObjects } from './known-objects.ts';
import { Receipts } from './receipts.ts';
import { RevisionScale, revisionStride } from './revision-scale.ts';
import { EtcdConnection, type EtcdConnectionOptions } from './rpc/etcd-connection.ts';

export interface EtcdStorageOptions extends EtcdConnectionOptions {
  /** What all keys in etcd start with, such as `/canopy`. Clients with the same prefix share one store. */
  prefix: string;
}

/** Milliseconds that etcd has to answer for the first time. */
const firstAnswerMs = 5000;

/**
 * What etcd's default `--max-txn-ops` of 128 allows, with room for some more that go along: compares, one per object, and
 * the 50 operations of a nested transaction are counted together.
 */
const transactionSize = 64;

/** Transactions that may wait for etcd at a time. */
const mostPending = 10_000;

/**
 * Connects to an etcd cluster, 3.4 or newer, which any number of processes may share. Resolves when etcd has answered.
 *
 * Rejects with `InvalidArgument` for options that make no sense, and with `StorageUnavailable` or `StorageFailed`.
 */
export async function openEtcdStorage(options: EtcdStorageOptions): Promise<Storage> {
  const connection = new EtcdConnection(options);
  try {
    const keys = new EtcdKeys(options.prefix);
    const deadline = Math.min(connection.deadline(), performance.now() + firstAnswerMs);
    const { ahead, moving } = (await readSettings(connection, keys, deadline)).settings;
    if (moving !== undefined)
      throw new StorageError(
        'StorageFailed',
        `a store is being moved to ${options.prefix} in etcd; let that be finished`,
      );
    return new EtcdStorage(connection, { keys, scale: new RevisionScale(ahead) });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** See `docs/decisions/0007-objects-and-revisions-in-etcd.md` for how objects, index rows and revisions lie in etcd. */
class EtcdStorage implements Storage {
  readonly driver = 'etcd';
  readonly revisionStride = revisionStride;
  readonly transactionSize = transactionSize;
  readonly #connection: EtcdConnection;
  readonly #scale: RevisionScale;
  readonly #reader: EtcdReader;
  readonly #writer: EtcdWriter;
  readonly #receipts: Receipts;
  readonly #followers: EtcdFollowers;
  readonly #compaction: EtcdCompaction;
  readonly #leases: EtcdLeases;
  readonly #pending = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(connection: EtcdConnection, layout: EtcdLayout) {
    const known = new KnownObjects();
    this.#connection = connection;
    this.#scale = layout.scale;
    this.#leases = new EtcdLeases(connection);
    this.#receipts = new Receipts(connection, this.#leases, layout.keys);
    this.#reader = new EtcdReader(connection, layout, known);
    this.#writer = new EtcdWriter(connection, layout, known, this.#receipts);
    this.#followers = new EtcdFollowers(connection, layout, () => this.#receipts.touch());
    this.#compaction = new EtcdCompaction(connection, this.#reader);
  }

  get(key: StorageKey, options?: { revision?: Revision }): Promise<KeyValue | undefined> {
    return this.#run(async () => {
      checkRange(key, undefined);
      this.#checkRevision(options?.revision);
      return this.#reader.get(key, options?.revision);
    });
  }

  range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    return this.#run(async () => {
      checkRange(prefix, options);
      this.#checkRevision(options.revision);
      return this.#reader.range(prefix, options);
    });
  }

  count(prefix: string): Promise<number> {
    return this.#run(async () => {
      checkRange(prefix, undefined);
      return this.#reader.count(prefix);
    });
  }

  rangeIndex(index: string, value: string, options: IndexRangeOptions = {}): Promise<RangeResult> {
    return this.#run(async () => {
      checkRange(options.prefix ?? '', options);
      return this.#reader.rangeIndex(index, value, options);
    });
  }

  indexValues(index: string, valuePrefix: string, options: { limit?: number; after?: string } = {}): Promise<string[]> {
    return this.#run(async () => {
      checkRange(valuePrefix, options);
      return this.#reader.indexValues(index, valuePrefix, options);
    });
  }

  transact(transaction: Transaction): Promise<TransactionResult> {
    return this.#run(async () => {
      if (this.#pending.size > mostPending) throw new StorageError('Overloaded', 'too much waits for etcd');
      checkTransaction(transaction);
      const result = await applyWhatHolds(
        transaction,
        (row) => this.#reader.carries(row),
        (held) => this.#writer.transact(held),
      );
      if (result.succeeded && result.revisions.some((revision) => revision > 0))
        await this.#followers.delivered(result.revision);
      else if (result.succeeded) this.#followers.reach(result.revision);
      return result;
    });
  }

  currentRevision(): Promise<Revision> {
    return this.#run(async () => {
      const revision = this.#scale.toRevision(await this.#reader.newest(), 0);
      this.#followers.reach(revision);
      return revision;
    });
  }

  follow(after: Revision, follower: ChangeFollower): Promise<Subscription> {
    return this.#run(async () => {
      checkFollowRevision(after, { current: Number.MAX_SAFE_INTEGER, compacted: 0 });
      const newest = await this.#reader.newest(Math.max(1, this.#scale.wholeUpTo(after)));
      const compacted = this.#scale.compactedUpTo(this.#compaction.known);
      checkFollowRevision(after, { current: this.#scale.toRevision(newest, 0), compacted });
      this.#checkOpen();
      return this.#followers.follow(after, follower);
    });
  }

  compact(revision: Revision): Promise<void> {
    return this.#run(async () => {
      checkCompactRevision(revision, Number.MAX_SAFE_INTEGER);
      checkCompactRevision(revision, this.#scale.toRevision(await this.#reader.newest(), 0));
      await this.#compaction.compact(this.#scale.wholeUpTo(revision));
    });
  }

  compactedRevision(): Promise<Revision | 0> {
    return this.#run(async () => {
      return this.#scale.compactedUpTo(await this.#compaction.compactedRevision());
    });
  }

  grantLease(ttlSeconds: number): Promise<LeaseId> {
    return this.#run(async () => this.#leases.grant(checkTimeToLive(ttlSeconds)));
  }

  revokeLease(lease: LeaseId): Promise<void> {
    return this.#run(() => this.#leases.revoke(lease));
  }

  keepLeaseAlive(lease: LeaseId): Promise<void> {
    return this.#run(() => this.#leases.keepAlive(lease));
  }

  /** Completes what was asked for before. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    this.#followers.close(new StorageError('Closed', 'the store was closed'));
    await this.#receipts.close();
    this.#connection.close();
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const running = task();
    this.#pending.add(running);
    try {
      return await running;
    } catch (error) {
      if (isStorageError(error)) throw error;
      const words = messageOf(error);
      throw new StorageError('StorageFailed', words, { cause: error });
    } finally {
      this.#pending.delete(running);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StorageError('Closed', 'the store is closed');
  }

  /** As far as this process knows; etcd knows better. */
  #checkRevision(revision: Revision | undefined): void {
    if (revision === undefined) return;
    const compacted = this.#scale.compactedUpTo(this.#compaction.known);
    checkReadRevision(revision, { current: Number.MAX_SAFE_INTEGER, compacted });
  }
}
