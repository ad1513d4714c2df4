import type { MessagePort } from 'node:worker_threads';

/**
 * What passes between the threads that use a database and its writer thread. A batch is one flat array of scalars, which structured
 * clone copies much faster than a tree of objects, and one buffer with all values in order, which is transferred.
 *
 * Request  = transact: TRANSACT, #compares, (key, modRevision)*, #operations, (key, bytes | -1 for a delete, lease | 0, indexes | '')*;
 *            bytes of a put with `ifIndexed` are given as -2 - bytes, and index and value of that row follow
 *          | GRANT, ttlMs, now | REVOKE, lease | KEEP_ALIVE, lease, now | SWEEP, now | COMPACT, revision
 * Response = applied: APPLIED, #operations, (revision | 0, createRevision, previousRevision | 0)*
 *          | REFUSED, index of the compare, modRevision | 0, createRevision   (the value is next in `values`, if any)
 *          | FAILED, error code, message
 *          | DONE, number (a lease's id, or 0)
 *          | DELETED, expiry of the next lease | 0, #keys, (key, revision, createRevision, previousRevision)*
 */

export type Scalar = string | number;

export const request = { transact: 0, grant: 1, revoke: 2, keepAlive: 3, sweep: 4, compact: 5 } as const;
export const response = { applied: 0, refused: 1, failed: 2, done: 3, deleted: 4 } as const;

export interface WriterOptions {
  path: string;
  /** SQLite's `max_page_count` (pages of 4 KiB); 0 leaves the default. */
  maxPageCount: number;
  /** Bytes of page cache. */
  cacheBytes: number;
}

/** What the writer thread is started with. */
export interface WriterData extends WriterOptions {
  /** Of a `StoreRevisions`. */
  revisions: SharedArrayBuffer;
}

export interface BatchMessage {
  type: 'batch';
  count: number;
  items: Scalar[];
  values: Uint8Array<ArrayBuffer>;
}

/** To the writer thread. */
export type WriterRequest =
  | BatchMessage
  /** From the thread that started it: another thread is at the other end of this port. */
  | { type: 'admit'; port: MessagePort }
  /** Nothing more comes from here; of the thread that started it: from nobody. */
  | { type: 'close' };

export interface BatchAnswer {
  type: 'answer';
  items: Scalar[];
  /** Values of the keys at which compares failed, in order. */
  values: Uint8Array[];
  /** The store's revision before this batch. */
  before: number;
  /** The store's revision now: batches of other threads may have been committed together with this one. */
  newest: number;
}

/** From the writer thread. */
export type WriterResponse =
  | BatchAnswer
  /** Nothing of the present batch, if any, was applied, or (`fatal`) nothing is known about it and no more is accepted. */
  | { type: 'rejected'; code: 'StorageFull' | 'StorageFailed'; message: string; fatal: boolean }
  /** Other threads have written; the log has it. */
  | { type: 'advanced'; newest: number }
  /** History up to this revision has been removed from the file. */
  | { type: 'compacted'; revision: number; error: string | undefined }
  | { type: 'closed' };

/** Reads a flat array from the start. */
export class ScalarReader {
  readonly #items: readonly Scalar[];
  #at = 0;

  constructor(items: readonly Scalar[]) {
    this.#items = items;
  }

  number(): number {
    return this.#items[this.#at++] as number;
  }

  string(): string {
    return this.#items[this.#at++] as string;
  }
}
