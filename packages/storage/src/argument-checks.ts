import type { IndexEntry, Operation, Revision, Transaction } from './storage.ts';
import { StorageError } from './storage-error.ts';

/** Bounds that every driver enforces, so that data can move from one to another. */
export const storageLimits = {
  /** UTF-16 units of a key, an index name or an index value. */
  keyLength: 4096,
  /** Bytes of one value. */
  valueBytes: 16 * 1024 * 1024,
  /** Bytes of all values of one transaction. */
  transactionBytes: 64 * 1024 * 1024,
  /** Operations, or compares, of one transaction. */
  transactionItems: 20_000,
} as const;

function invalid(message: string): StorageError {
  return new StorageError('InvalidArgument', message);
}

function checkText(text: string, what: string): void {
  if (text.length > storageLimits.keyLength)
    throw invalid(`${what} is longer than ${storageLimits.keyLength} characters`);
  if (text.includes('\u0000') || !text.isWellFormed())
    throw invalid(`${what} ${JSON.stringify(text)} is not well-formed text without NUL`);
}

function checkKey(key: string): void {
  if (typeof key !== 'string' || key === '') throw invalid('a key must be a non-empty string');
  checkText(key, 'key');
}

function checkRow({ index, value }: IndexEntry): void {
  checkText(index, 'index name');
  checkText(value, 'index value');
}

function checkRevisionNumber(revision: number, least: number): void {
  if (!Number.isSafeInteger(revision) || revision < least) throw invalid(`${String(revision)} is not a revision`);
}

function checkPut(operation: Operation & { type: 'put' }): number {
  if (!(operation.value instanceof Uint8Array)) throw invalid(`the value of ${operation.key} is not bytes`);
  const bytes = operation.value.byteLength;
  if (bytes > storageLimits.valueBytes) {
    throw invalid(`the value of ${operation.key} has ${bytes} bytes, more than ${storageLimits.valueBytes}`);
  }
  if (operation.indexes !== undefined) {
    for (const entry of operation.indexes) checkRow(entry);
  }
  if (operation.ifIndexed !== undefined) checkRow(operation.ifIndexed);
  if (operation.lease !== undefined && !Number.isSafeInteger(operation.lease))
    throw invalid(`${String(operation.lease)} is not a lease`);
  return bytes;
}

/** Throws `InvalidArgument`; returns the number of value bytes. */
export function checkTransaction(transaction: Transaction): number {
  const { compares, operations } = transaction;
  if (operations.length > storageLimits.transactionItems || compares.length > storageLimits.transactionItems) {
    throw invalid(`more than ${storageLimits.transactionItems} compares or operations in one transaction`);
  }
  for (const compare of compares) {
    checkKey(compare.key);
    checkRevisionNumber(compare.modRevision, 0);
  }
  let bytes = 0;
  for (const operation of operations) {
    checkKey(operation.key);
    if (operation.type === 'put') bytes += checkPut(operation);
  }
  if (bytes > storageLimits.transactionBytes)
    throw invalid(`a transaction of ${bytes} bytes, more than ${storageLimits.transactionBytes}`);
  if (operations.length > 1) {
    const keys = new Set<string>();
    for (const { key } of operations) {
      if (keys.has(key)) throw invalid(`key ${key} occurs twice in one transaction`);
      keys.add(key);
    }
  }
  return bytes;
}

/** Checks the arguments of a read; throws `InvalidArgument`. */
export function checkRange(prefix: string, options: { limit?: number; after?: string } | undefined): void {
  if (typeof prefix !== 'string') throw invalid('a prefix must be a string');
  checkText(prefix, 'prefix');
  if (options?.after !== undefined) checkText(options.after, 'after');
  const limit = options?.limit;
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1))
    throw invalid(`limit ${String(limit)} is not a positive integer`);
}

/** What history a store holds. */
export interface RevisionWindow {
  /** Newest revision. */
  current: number;
  /** Revision up to which history is gone. */
  compacted: number;
}

/** For reads as of a revision: throws `InvalidArgument`, `RevisionInFuture` or `RevisionCompacted`. */
export function checkReadRevision(revision: Revision, window: RevisionWindow): void {
  checkRevisionNumber(revision, 1);
  checkRevisionWithin(revision, window);
}

/** For following after a revision: 0 means from the beginning. Throws like {@link checkReadRevision}. */
export function checkFollowRevision(after: number, window: RevisionWindow): void {
  checkRevisionNumber(after, 0);
  checkRevisionWithin(after, window);
}

/** For a compaction up to a revision; throws `InvalidArgument` or `RevisionInFuture`. */
export function checkCompactRevision(revision: number, current: number): void {
  checkRevisionNumber(revision, 1);
  if (revision > current)
    throw new StorageError('RevisionInFuture', `revision ${revision} is newer than the newest, ${current}`);
}

function checkRevisionWithin(revision: number, window: RevisionWindow): void {
  if (revision > window.current) {
    throw new StorageError('RevisionInFuture', `revision ${revision} is newer than the newest, ${window.current}`);
  }
  if (revision < window.compacted) {
    throw new StorageError(
      'RevisionCompacted',
      `revision ${revision} is gone: the history up to ${window.compacted} was compacted`,
    );
  }
}

/** Milliseconds of a lease's time to live; throws `InvalidArgument`. */
export function checkTimeToLive(ttlSeconds: number): number {
  if (!Number.isFinite(ttlSeconds) || ttlSeconds <= 0 || ttlSeconds > 1e9)
    throw invalid(`a lease cannot live ${String(ttlSeconds)} seconds`);
  return Math.ceil(ttlSeconds * 1000);
}
