import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import {
  checkCompactRevision,
  checkFollowRevision,
  checkRange,
  checkReadRevision,
  checkTimeToLive,
  checkTransaction,
} from '../../argument-checks.ts';
import { LiveFollowers } from '../../change-log/live-followers.ts';
import { type Clock, steadyClock } from '../../clock.ts';
import type {
  Change,
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
import { messageOf, StorageError } from '../../storage-error.ts';
import { decodeAnswers } from './batch-answers.ts';
import { type BatchAnswer, request } from './batch-wire.ts';
import { CurrentObjects } from './current-objects.ts';
import { openAnother, openDatabase } from './database-file.ts';
import type { DatabaseLock } from './database-lock.ts';
import { isDamage } from './file-witness.ts';
import { LeaseSweeps } from './lease-sweeps.ts';
import { changeOfRow } from './sqlite-changes.ts';
import type { SqliteShare, SqliteStorageOptions, SqliteThreadOptions } from './sqlite-options.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { mostThreads, StoreRevisions } from './store-revisions.ts';
import { type ValueCache, valueCache } from './value-cache.ts';
import { type Batch, WriteQueue } from './write-queue.ts';
import { joinWriter, startWriter, type WriterEvents, type WriterLine } from './writer-line.ts';

interface Opened {
  path: string;
  database: DatabaseSync;
  /** Undefined where another thread holds it. */
  lock: DatabaseLock | undefined;
  /** Undefined for the thread that opened it. */
  thread: number | undefined;
  revisions: StoreRevisions;
  line: (events: WriterEvents) => WriterLine;
}

/** What a follower gets at once while it catches up with the log: little, because everybody else waits meanwhile. */
const catchUpRows = 250;
const catchUpBytes = 1024 * 1024;
/** Between looks at threads that have not read what is to be compacted. */
const laggardPauseMs = 10;
const defaultCacheBytes = 8 * 1024 * 1024;

/**
 * A {@link Storage} in one SQLite file, for one process. Reads are synchronous on this thread; writes are committed in
 * groups by a writer thread and durable (fsync) when their promise resolves. Followers get a batch before its writers
 * get their answers. Reads see what followers have been told, so a cache is never behind what was read.
 *
 * Other threads {@link join} with what {@link share} gives: each reads for itself, all write through the one writer. A read
 * that begins after a write was acknowledged on another thread waits until this one has heard of that.
 */
export class SqliteStorage implements Storage {
  readonly driver = 'sqlite';
  /** Few, because everybody else's writes wait for the batch that they are in. */
  readonly transactionSize = 500;
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #lock: DatabaseLock | undefined;
  readonly #revisions: StoreRevisions;
  readonly #clock: Clock;
  readonly #onFailure: (error: StorageError) => void;
  readonly #reader: SqliteReader;
  readonly #queue: WriteQueue;
  readonly #values: ValueCache;
  readonly #followers = new LiveFollowers();
  readonly #valueSource = { valueAt: (revision: number) => this.#valueAt(revision) };
  /** Up to here followers have been told of everything. */
  #told: number;
  readonly #thread: number | undefined;
  /** Whether other threads may write. */
  #shared: boolean;
  #joined = 0;
  #readers: { revision: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly #sweeps: LeaseSweeps;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /**
   * Opens or creates the database. Rejects with `StorageFailed` when another process uses it, when it is not a Canopy
   * database or of a newer version, or cannot be read; the file is left as it was.
   */
  static async open(options: SqliteStorageOptions): Promise<SqliteStorage> {
    const { path, workerUrl, maxPageCount } = options;
    const cacheBytes = options.cacheBytes ?? defaultCacheBytes;
    const revisions = new StoreRevisions();
    const writer = { path, maxPageCount: maxPageCount ?? 0, cacheBytes, revisions: revisions.buffer };
    const url = workerUrl ?? new URL('./sqlite-worker.ts', import.meta.url);
    const opened = openDatabase(path, cacheBytes);
    return new SqliteStorage(
      { path, ...opened, thread: undefined, revisions, line: (events) => startWriter(url, writer, events) },
      options,
    );
  }

  /**
   * Uses a store that another thread of this process has opened, until either closes it. Rejects with `StorageFailed` when
   * the file cannot be read.
   */
  static async join(share: SqliteShare, options: SqliteThreadOptions = {}): Promise<SqliteStorage> {
    const { path, port, thread } = share;
    const revisions = new StoreRevisions(share.revisions);
    const database = openAnother(path, options.cacheBytes ?? defaultCacheBytes);
    return new SqliteStorage(
      { path, database, lock: undefined, thread, revisions, line: (events) => joinWriter(port, events) },
      options,
    );
  }

  private constructor({ path, database, lock, thread, revisions, line }: Opened, options: SqliteThreadOptions) {
    this.#path = path;
    this.#database = database;
    this.#lock = lock;
    this.#thread = thread;
    this.#shared = thread !== undefined;
    this.#revisions = revisions;
    this.#onFailure = (error) => {
      this.#shared = false;
      this.#followers.fail(error);
      this.#dismissReaders(error);
      options.onFailure?.(error);
    };
    this.#clock = options.clock ?? steadyClock();
    this.#values = valueCache(options.valueCacheBytes ?? 16 * 1024 * 1024);
    const current = new CurrentObjects(options.objectCacheBytes ?? 16 * 1024 * 1024);
    this.#reader = new SqliteReader(database, { values: this.#values, current, revisions });
    this.#told = this.#reader.currentRevision();
    if (thread !== undefined) revisions.reached(thread, this.#told);
    this.#queue = new WriteQueue({
      line,
      maxQueued: options.maxQueued ?? 20_000,
      maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
      onAnswer: (batch, answer) => this.#answer(batch, answer),
      onAdvance: (newest) => this.#advance(newest),
      onFailure: (error) => this.#onFailure(error),
    });
    this.#sweeps = new LeaseSweeps(this.#clock, (now) => this.#queue.command(request.sweep, now));
    if (lock !== undefined) this.#sweeps.wakeAt(this.#reader.nextExpiry(this.#clock.now()));
  }

  /**
   * Lets one other thread {@link join}. From now on reads here wait for what that thread has written. For the thread that
   * opened the store.
   */
  share(): SqliteShare {
    this.#checkOpen();
    if (this.#joined === mostThreads) throw new Error(`no more than ${mostThreads} threads join a store`);
    this.#shared = true;
    const { port1, port2 } = new MessageChannel();
    this.#queue.admit(port1);
    return { path: this.#path, port: port2, revisions: this.#revisions.buffer, thread: this.#joined++ };
  }

  async get(key: StorageKey, options?: { revision?: Revision }): Promise<KeyValue | undefined> {
    const revision = options?.revision;
    if (this.#isBehind()) await this.#caughtUp();
    if (revision === undefined) {
      this.#checkOpen();
      return this.#reader.known(key) ?? this.#read(() => this.#reader.get(key));
    }
    return this.#read(() => {
      checkReadRevision(revision, this.#reader.window());
      return this.#reader.getAt(key, revision);
    });
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    checkRange(prefix, options);
    const { revision } = options;
    if (this.#isBehind()) await this.#caughtUp();
    return this.#read(() => {
      if (revision === undefined) return this.#reader.range(prefix, options);
      checkReadRevision(revision, this.#reader.window());
      return this.#reader.rangeAt(prefix, options, revision);
    });
  }

  async count(prefix: string): Promise<number> {
    checkRange(prefix, undefined);
    if (this.#isBehind()) await this.#caughtUp();
    return this.#read(() => this.#reader.count(prefix));
  }

  async rangeIndex(index: string, value: string, options: IndexRangeOptions = {}): Promise<RangeResult> {
    checkRange(options.prefix ?? '', options);
    if (this.#isBehind()) await this.#caughtUp();
    return this.#read(() => this.#reader.rangeIndex(index, value, options));
  }

  async indexValues(
    index: string,
    valuePrefix: string,
    options: { limit?: number; after?: string } = {},
  ): Promise<string[]> {
    checkRange(valuePrefix, options);
    if (this.#isBehind()) await this.#caughtUp();
    return this.#read(() => this.#reader.indexValues(index, valuePrefix, options));
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen();
    const bytes = checkTransaction(transaction);
    return this.#queue.transact(transaction, bytes);
  }

  async currentRevision(): Promise<Revision> {
    if (this.#isBehind()) await this.#caughtUp();
    return this.#read(() => this.#reader.currentRevision());
  }

  async follow(after: Revision, follower: ChangeFollower): Promise<Subscription> {
    if (this.#isBehind()) await this.#caughtUp();
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
    checkCompactRevision(revision, this.#told);
    if (revision <= this.#reader.compacted) return;
    while (!this.#revisions.haveAllReached(revision)) {
      await setTimeout(laggardPauseMs);
      this.#checkOpen();
    }
    this.#revisions.raiseCompacted(revision);
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
    this.#sweeps.wakeAt(now + ttlMs);
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
    this.#sweeps.stop();
    await this.#queue.close();
    this.#state = 'closed';
    if (this.#thread !== undefined) this.#revisions.reached(this.#thread, 0);
    const closed = new StorageError('Closed', 'the store was closed');
    this.#followers.fail(closed);
    this.#dismissReaders(closed);
    this.#reader.refresh();
    this.#database.close();
    this.#lock?.release();
  }

  #answer(batch: Batch, answer: BatchAnswer): void {
    const { changes, settle } = decodeAnswers(batch, answer, this.#valueSource);
    // Each change has a revision of its own: as many as there are new ones means that no other thread has written.
    if (changes.length === answer.newest - this.#told) this.#tell(changes, answer.newest);
    else this.#advance(answer.newest);
    settle();
  }

  /** Tells of what the log has up to `newest`. */
  #advance(newest: number): void {
    if (newest <= this.#told) return;
    let changes: Change[];
    try {
      changes = this.#reader.between(this.#told, newest).map((row) => changeOfRow(row, this.#valueSource));
    } catch (error) {
      this.#queue.giveUp(`the log cannot be read: ${messageOf(error)}`);
      return;
    }
    this.#tell(changes, newest);
  }

  #tell(changes: readonly Change[], newest: number): void {
    for (const { revision, value } of changes) if (value !== undefined) this.#values.set(revision, value);
    this.#told = newest;
    this.#reader.tell(newest, changes);
    this.#followers.publish(changes);
    if (this.#thread !== undefined) this.#revisions.reached(this.#thread, newest);
    if (this.#readers.length === 0) return;
    const { told, waiting } = Object.groupBy(this.#readers, ({ revision }) =>
      revision <= newest ? 'told' : 'waiting',
    );
    this.#readers = waiting ?? [];
    for (const { resolve } of told ?? []) resolve();
  }

  /** Whether another thread may have acknowledged what this one has not heard of. */
  #isBehind(): boolean {
    return this.#shared && this.#state === 'open' && this.#revisions.newest > this.#told;
  }

  #caughtUp(): Promise<void> {
    const revision = this.#revisions.newest;
    return new Promise((resolve, reject) => this.#readers.push({ revision, resolve, reject }));
  }

  #dismissReaders(error: Error): void {
    for (const { reject } of this.#readers.splice(0)) reject(error);
  }

  /** For changes, which are still delivered while the store closes. */
  #valueAt(revision: number): Uint8Array | undefined {
    return this.#state === 'closed' ? undefined : this.#attempt(() => this.#reader.valueAt(revision));
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
      const failure = new StorageError('StorageFailed', `reading failed: ${messageOf(error)}`, { cause: error });
      if (isDamage(error)) this.#onFailure(failure);
      throw failure;
    }
  }
}
