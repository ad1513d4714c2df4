/** The closed set of things a store can answer besides a result. Mapped to `Status` in one file of the API server. */
export type StorageErrorCode =
  /** The revision asked for is older than the compaction. */
  | 'RevisionCompacted'
  /** The revision asked for does not exist yet. */
  | 'RevisionInFuture'
  /** A lease that does not exist (any more). */
  | 'LeaseNotFound'
  /** Too large, duplicate key in a transaction, malformed key: the caller's mistake. */
  | 'InvalidArgument'
  /** Disk full. Nothing was written. */
  | 'StorageFull'
  /** I/O failed; whether the write happened is unknown unless stated in the message. */
  | 'StorageFailed'
  /** The store cannot be reached. Nothing was written; try again later. */
  | 'StorageUnavailable'
  /** Closed, or closing. */
  | 'Closed'
  /** Too much is queued; try again later. */
  | 'Overloaded';

export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
  }
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isStorageError(error: unknown, code?: StorageErrorCode): error is StorageError {
  return error instanceof StorageError && (code === undefined || error.code === code);
}
