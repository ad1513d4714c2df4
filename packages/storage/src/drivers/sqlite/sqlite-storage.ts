import type { DatabaseSync } from 'node:sqlite';
import {
  checkCompactRevision,
  checkFollowRevision,
  checkRange,
  checkReadRevision,
  checkTimeToLive,
  checkTransaction,
} from '../../argument-checks.ts';
import { LiveFollowers } from '../../change-log/live-followers.ts';
import { type Clock, type ScheduledCall, systemClock } from '../../clock.ts';
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
import { StorageError } from '../../storage-error.ts';
import { decodeAnswers } from './batch-answers.ts';
import { type BatchAnswer, request } from './batch-wire.ts';
import { openDatabase } from './database-file.ts';
import type { DatabaseLock } from './database-lock.ts';
import { changeOfRow } from './sqlite-changes.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { ValueCache } from './value-cache.ts';
import { type Batch, WriteQueue } from './write-queue.ts';

export interface SqliteStorageOptions {
  /** The database file; created when missing. `<path>-wal`, `<path>-shm` and `<path>-lock` stand beside it. */
  path: string;
  /** Decides when leases expire. Default: the system's. */
  clock?: Clock;
  /** Module of the writer thread, for bundles. Default: `sqlite-worker.ts` beside this module. */
  workerUrl?: URL;
  /** Writes that may wait for the one being committed; more are refused with `Overloaded`. Default 20,000. */
  maxQueued?: number;
  /** Bytes of values that may wait. Default 64 MiB. */
  maxQueuedBytes?: number;
  /** Page cache of each of the two connections, in bytes. Default 8 MiB. */
  cacheBytes?: number;
  /** Bytes of recently written or read values kept in memory. Default 16 MiB. */
  valueCacheBytes?: number;
  /** The file may grow to this many pages of 4 KiB, then writes are refused with `StorageFull`. Default: no bound. */
  maxPageCount?: number;
  /** The store cannot be written any more, and followers have been ended: the process had better end as well. */
  onFailure?: (error: StorageError) => void;
}

/** What a follower gets at once while it catches up with the log: little, because everybody else waits meanwhile. */
const catchUpRows = 250;
const catchUpBytes = 1024 * 1024;

/**
 * A {@link Storage} in one SQLite file, for one process. Reads are synchronous on this thread; writes are committed in
 * groups by a writer thread and durable (fsync) when their promise resolves. Followers get a batch before its writers
 * get their answers. Reads see what followers have been told, so a cache is never behind what was read.
 */
export class SqliteStorage implements Storage {
  readonly driver = 'sqlite';
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseLock;
  readonly #clock: Clock;
  readonly #reader: SqliteReader;
  readonly #queue: WriteQueue;
  readonly #values: ValueCache;
  readonly #followers = new LiveFollowers();
  readonly #valueSource = { valueAt: (revision: number) => this.#valueAt(revision) };
  /** Revision of the newest batch that the writer has answered. */
  #answered: number;
  #wake: { at: number; call: ScheduledCall } | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /**
   * Opens or creates the database. Rejects with `StorageFailed` when another process uses it, when it is not a Canopy
   * database or of a newer version, or cannot be read; the file is left as it was.
   */
  static async open(options: SqliteStorageOptions): Promise<SqliteStorage> {
    return new SqliteStorage(options);
  }

  private constructor(options: SqliteStorageOptions) {
    const cacheBytes = options.cacheBytes ?? 8 * 1024 * 1024;
    const { database, lock } = openDatabase(options.path, cacheBytes);
    this.#database = database;
    this.#lock = lock;
    this.#clock = options.clock ?? systemClock;
    this.#values = new ValueCache(options.valueCacheBytes ?? 16 * 1024 * 1024);
    this.#reader = new SqliteReader(database, this.#values);
    this.#answered = this.#reader.currentRevision();
    this.#queue = new WriteQueue({
      workerUrl: options.workerUrl ?? new URL('./sqlite-worker.ts', import.meta.url),
      writer: { path: options.path, maxPageCount: options.maxPageCount ?? 0, cacheBytes },
      maxQueued: options.maxQueued ?? 20_000,
      maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
      onAnswer: (batch, answer) => this.#answer(batch, answer),
      onFailure: (error) => {
        this.#followers.fail(error);
        options.onFailure?.(error);
      },
    });
    this.#wakeAt(this.#reader.nextExpiry());
  }

  async get(key: StorageKey, options?: { revision?: Revision }): Promise<KeyValue | undefined> {
    const revision = options?.revision;
    if (revision === undefined) return this.#read(() => this.#reader.get(key));
    return this.#read(() => {
      checkReadRevision(revision, this.#reader.window());
      return this.#reader.getAt(key, revision);
    });
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    checkRange(prefix, options);
    const { revision } = options;
    return this.#read(() => {
      if (revision === undefined) return this.#reader.range(prefix, options);
      checkReadRevision(revision, this.#reader.window());
      return this.#reader.rangeAt(prefix, options, revision);
    });
  }

  async count(prefix: string): Promise<number> {
    checkRange(prefix, undefined);
    return this.#read(() => this.#reader.count(prefix));
  }

  async rangeIndex(index: string, value: string, options: IndexRangeOptions = {}): Promise<RangeResult> {
    checkRange(options.prefix ?? '', options);
    return this.#read(() => this.#reader.rangeIndex(index, value, options));
  }

  async indexValues(
    index: string,
    valuePrefix: string,
    options: { limit?: number; after?: string } = {},
  ): Promise<string[]> {
    checkRange(valuePrefix, options);
    return this.#read(() => this.#reader.indexValues(index, valuePrefix, options));
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen();
    const bytes = checkTransaction(transaction);
    return this.#queue.transact(transaction, bytes);
  }

  async currentRevision(): Promise<Revision> {
    return this.#read(() => this.#reader.currentRevision());
  }

  async follow(after: Revision, follower: ChangeFollower): Promise<Subscription> {
    this.#read(() => checkFollowRevision(after, this.#reader.window()));
    let live: Subscription | undefined;
    let closed = false;
    let position: number = after;
    const catchUp = (): void => {
      if (closed || this.#state === 'closed') return;
      try {
        const { rows, complete } = this.#read(() => this.#reader.log(position, catchUpRows, catchUpBytes));
        position = rows.at(-1)?.rev ?? position;
        if (complete) live = this.#followers.join(follower, position);
        else setImmediate(catchUp);
        if (rows.length > 0) follower.onChanges(rows.map((row) => changeOfRow(row, this.#valueSource)));
      } catch (error) {
        live?.close();
        closed = true;
        follower.onError(error instanceof Error ? error : new Error(String(error)));
      }
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
    // Only what followers have seen: the former values of changes still to be delivered must stay readable.
    checkCompactRevision(revision, this.#answered);
    if (revision <= this.#reader.compacted) return;
    this.#reader.raiseCompacted(revision);
    await this.#queue.compact(revision);
  }

  async compactedRevision(): Promise<Revision | 0> {
    this.#checkOpen();
    return this.#reader.compacted as Revision | 0;
  }

  async grantLease(ttlSeconds: number): Promise<LeaseId> {
    this.#checkOpen();
    const ttlMs = checkTimeToLive(ttlSeconds);
    const now = this.#clock.now();
    const lease = await this.#queue.command(request.grant, ttlMs, now);
    this.#wakeAt(now + ttlMs);
    return lease;
  }

  async revokeLease(lease: LeaseId): Promise<void> {
    this.#checkOpen();
    await this.#queue.command(request.revoke, lease);
  }

  async keepLeaseAlive(lease: LeaseId): Promise<void> {
    this.#checkOpen();
    await this.#queue.command(request.keepAlive, lease, this.#clock.now());
  }

  /** Commits what was asked for before, then releases the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    this.#wake?.call.cancel();
    await this.#queue.close();
    this.#state = 'closed';
    this.#followers.fail(new StorageError('Closed', 'the store was closed'));
    this.#reader.refresh();
    this.#database.close();
    this.#lock.release();
  }

  #answer(batch: Batch, answer: BatchAnswer): void {
    const { changes, settle } = decodeAnswers(batch, answer, this.#answered, this.#valueSource);
    for (const { revision, value } of changes) if (value !== undefined) this.#values.add(revision, value);
    this.#answered = changes.at(-1)?.revision ?? this.#answered;
    this.#reader.tell(this.#answered);
    this.#followers.publish(changes);
    settle();
  }

  /** For changes, which are still delivered while the store closes. */
  #valueAt(revision: number): Uint8Array | undefined {
    return this.#state === 'closed' ? undefined : this.#attempt(() => this.#reader.valueAt(revision));
  }

  #wakeAt(time: number): void {
    if (time === 0 || this.#state !== 'open') return;
    if (this.#wake !== undefined) {
      if (this.#wake.at <= time) return;
      this.#wake.call.cancel();
    }
    const call = this.#clock.schedule(time - this.#clock.now(), () => {
      this.#wake = undefined;
      void this.#sweep(time);
    });
    this.#wake = { at: time, call };
  }

  async #sweep(due: number): Promise<void> {
    const now = this.#clock.now();
    if (now < due) return this.#wakeAt(due);
    try {
      this.#wakeAt(await this.#queue.command(request.sweep, now));
    } catch {
      // The disk is full or the queue is: the leases stay expired and are looked at again.
      this.#wakeAt(this.#clock.now() + 1000);
    }
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw new StorageError('Closed', 'the store is closed');
  }

  #read<T>(read: () => T): T {
    this.#checkOpen();
    return this.#attempt(read);
  }

  #attempt<T>(read: () => T): T {
    try {
      this.#reader.enter();
      return read();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError(
        'StorageFailed',
        `reading failed: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
}
