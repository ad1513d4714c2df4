import type { MessagePort } from 'node:worker_threads';
import type { IndexEntry, Transaction, TransactionResult } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import { type BatchAnswer, request, type Scalar, type WriterResponse } from './batch-wire.ts';
import type { WriterEvents, WriterLine } from './writer-line.ts';

interface PendingTransaction {
  transaction: Transaction;
  resolve: (result: TransactionResult) => void;
  reject: (error: Error) => void;
}

/** One request whose answer somebody awaits. */
export type PendingRequest =
  | PendingTransaction
  | { transaction: undefined; resolve: (number: number) => void; reject: (error: Error) => void };

export interface Batch {
  pending: PendingRequest[];
  items: Scalar[];
  values: Uint8Array[];
  bytes: number;
}

export interface WriteQueueOptions {
  /** Makes the connection to the writer thread. */
  line(events: WriterEvents): WriterLine;
  /** Requests that may wait, apart from those being written. */
  maxQueued: number;
  /** Value bytes that may wait. */
  maxQueuedBytes: number;
  /** The database has committed a batch; must settle each pending request. */
  onAnswer: (batch: Batch, answer: BatchAnswer) => void;
  /** Other threads have written. */
  onAdvance: (newest: number) => void;
  /** The writer is gone; nothing can be written any more. */
  onFailure: (error: StorageError) => void;
}

/** One batch: so much that a commit is amortised, so little that its writers do not wait long for their answer. */
const batchRequests = 1000;
const batchBytes = 4 * 1024 * 1024;
/** Of transactions in the background a batch takes one, and more up to so many operations: everybody else in it waits for them. */
const backgroundOperations = 100;

/**
 * Group commit: requests gather in a batch while the writer thread commits the batch before. Every request of a
 * batch shares one fsync. What exceeds a batch waits in further ones, up to the bounds, then `Overloaded`. Background work
 * waits in a line of its own, of which each batch takes a little.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #line: WriterLine;
  readonly #waiting: Batch[] = [];
  readonly #background: (PendingTransaction & { bytes: number })[] = [];
  #queued = 0;
  #queuedBytes = 0;
  #inFlight: Batch | undefined;
  #flushing = false;
  #failure: StorageError | undefined;
  #closing = false;
  #closed: { resolve: () => void } | undefined;
  readonly #compactions: { revision: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#line = options.line({
      message: (message) => this.#receive(message),
      ended: (message, cause) => this.#ended(message, cause),
    });
  }

  transact(transaction: Transaction, bytes: number): Promise<TransactionResult> {
    return new Promise((resolve, reject) => {
      this.#checkRoom(bytes);
      if (transaction.background === true) this.#background.push({ transaction, resolve, reject, bytes });
      else add(this.#gathering(bytes), { transaction, resolve, reject }, bytes);
      this.#enqueued(bytes);
    });
  }

  command(...items: Scalar[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#checkRoom(0);
      const batch = this.#gathering(0);
      batch.items.push(...items);
      batch.pending.push({ transaction: undefined, resolve, reject });
      this.#enqueued(0);
    });
  }

  /** Resolves when the history has been removed from the file, or the removal is recorded and the store closed. */
  async compact(revision: number): Promise<void> {
    const removed = new Promise<void>((resolve, reject) => this.#compactions.push({ revision, resolve, reject }));
    removed.catch(() => undefined);
    await this.command(request.compact, revision);
    await removed;
  }

  /** Another thread writes through the other end of this port. */
  admit(port: MessagePort): void {
    this.#line.post({ type: 'admit', port }, [port]);
  }

  /** Nothing can be relied on any more. */
  giveUp(message: string): void {
    this.#fail(message, undefined);
  }

  /** Writes what is queued, then ends the line, and the thread with it if that was started here. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#failure !== undefined) {
      await this.#line.cut();
      return;
    }
    await new Promise<void>((resolve) => {
      this.#closed = { resolve };
      this.#flush();
    });
  }

  /** Throws `Overloaded`, `Closed` or what ended the writer. */
  #checkRoom(bytes: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing) throw new StorageError('Closed', 'the store is closed');
    const { maxQueued, maxQueuedBytes } = this.#options;
    if (this.#queued >= maxQueued || (this.#queued > 0 && this.#queuedBytes + bytes > maxQueuedBytes)) {
      throw new StorageError('Overloaded', `${this.#queued} writes with ${this.#queuedBytes} bytes are waiting`);
    }
  }

  /** The batch that takes the next request. */
  #gathering(bytes: number): Batch {
    let batch = this.#waiting[this.#waiting.length - 1];
    if (batch === undefined || batch.pending.length >= batchRequests || batch.bytes + bytes > batchBytes) {
      batch = emptyBatch();
      this.#waiting.push(batch);
    }
    return batch;
  }

  #enqueued(bytes: number): void {
    this.#queued++;
    this.#queuedBytes += bytes;
    if (this.#flushing || this.#inFlight !== undefined) return;
    // Everything that this turn of the event loop asks for goes into the same batch.
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight !== undefined || this.#failure !== undefined) return;
    const batch = this.#next();
    if (batch === undefined) {
      this.#letProcessEnd();
      if (this.#closed !== undefined) {
        this.#line.ref();
        this.#line.post({ type: 'close' });
      }
      return;
    }
    this.#inFlight = batch;
    this.#queued -= batch.pending.length;
    this.#queuedBytes -= batch.bytes;
    this.#line.ref();
    const values = joinValues(batch);
    this.#line.post({ type: 'batch', count: batch.pending.length, items: batch.items, values }, [values.buffer]);
  }

  #next(): Batch | undefined {
    const batch = this.#waiting.shift() ?? (this.#background.length > 0 ? emptyBatch() : undefined);
    if (batch === undefined) return undefined;
    const first = this.#background[0];
    let left = backgroundOperations;
    for (let next = this.#background[0]; next !== undefined; next = this.#background[0]) {
      left -= Math.max(1, next.transaction.operations.length);
      const fits = left >= 0 && batch.bytes + next.bytes <= batchBytes;
      if (!fits && next !== first) break;
      this.#background.shift();
      add(batch, next, next.bytes);
    }
    return batch;
  }

  #receive(message: WriterResponse): void {
    switch (message.type) {
      case 'answer':
        this.#settle((batch) => this.#options.onAnswer(batch, message));
        return;
      case 'rejected': {
        const error = new StorageError(message.code, message.message);
        this.#settle((batch) => rejectAll(batch, error));
        if (message.fatal) this.#fail(message.message, undefined);
        return;
      }
      case 'advanced':
        this.#options.onAdvance(message.newest);
        return;
      case 'compacted':
        this.#compacted(message.revision, message.error);
        return;
      case 'closed':
        // What a compaction has not removed from the file yet goes after the next start.
        for (const { resolve } of this.#compactions.splice(0)) resolve();
        this.#ended('the thread that opened the store has closed it', undefined);
        return;
    }
  }

  #settle(answer: (batch: Batch) => void): void {
    const batch = this.#inFlight;
    this.#inFlight = undefined;
    if (batch !== undefined) answer(batch);
    if (!this.#flushing) this.#flush();
  }

  #compacted(revision: number, error: string | undefined): void {
    const at = this.#compactions.findIndex((waiting) => waiting.revision === revision);
    const [waiting] = at === -1 ? [] : this.#compactions.splice(at, 1);
    this.#letProcessEnd();
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(new StorageError('StorageFailed', `history could not be removed from the file: ${error}`));
  }

  /** The thread keeps the process alive only while somebody waits for it. */
  #letProcessEnd(): void {
    if (this.#inFlight === undefined && this.#compactions.length === 0 && !this.#closing) this.#line.unref();
  }

  #ended(message: string, cause: Error | undefined): void {
    if (this.#closed !== undefined) this.#closed.resolve();
    else this.#fail(message, cause);
  }

  #fail(message: string, cause: unknown): void {
    if (this.#failure !== undefined) return;
    const error = new StorageError('StorageFailed', message, { cause });
    this.#failure = error;
    const unknown = new StorageError('StorageFailed', `${message}; whether this write happened is unknown`, { cause });
    if (this.#inFlight !== undefined) rejectAll(this.#inFlight, unknown);
    for (const batch of this.#waiting) rejectAll(batch, error);
    for (const { reject } of this.#background.splice(0)) reject(error);
    for (const { reject } of this.#compactions.splice(0)) reject(error);
    this.#inFlight = undefined;
    this.#waiting.length = 0;
    this.#closed?.resolve();
    this.#options.onFailure(error);
  }
}

function rejectAll(batch: Batch, error: StorageError): void {
  for (const { reject } of batch.pending) reject(error);
}

function emptyBatch(): Batch {
  return { pending: [], items: [], values: [], bytes: 0 };
}

function add(batch: Batch, pending: PendingTransaction, bytes: number): void {
  const { items, values } = batch;
  const { compares, operations } = pending.transaction;
  batch.pending.push(pending);
  batch.bytes += bytes;
  items.push(request.transact, compares.length);
  for (const { key, modRevision } of compares) items.push(key, modRevision);
  items.push(operations.length);
  for (const operation of operations) {
    if (operation.type === 'delete') {
      items.push(operation.key, -1, 0, '');
      continue;
    }
    const { key, value, lease = 0, indexes, ifIndexed } = operation;
    const bytes = value.byteLength;
    items.push(key, ifIndexed === undefined ? bytes : -2 - bytes, lease, encodeIndexes(indexes));
    if (ifIndexed !== undefined) items.push(ifIndexed.index, ifIndexed.value);
    values.push(value);
  }
}

function encodeIndexes(indexes: readonly IndexEntry[] | undefined): string {
  if (indexes === undefined || indexes.length === 0) return '';
  return JSON.stringify(indexes.map(({ index, value }) => [index, value]));
}

function joinValues(batch: Batch): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(batch.bytes);
  let at = 0;
  for (const value of batch.values) {
    joined.set(value, at);
    at += value.byteLength;
  }
  return joined;
}
