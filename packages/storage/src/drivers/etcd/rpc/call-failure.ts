import { status } from '@grpc/grpc-js';
import { StorageError, type StorageErrorCode } from '../../../storage-error.ts';

/**
 * What a failed call means for its request:
 * `refused`: etcd will not do it, and says why.
 * `undone`: it was not done, and may succeed elsewhere or later.
 * `unknown`: it may have been done, or may yet be.
 */
export type Outcome = 'refused' | 'undone' | 'unknown';

/** A failed gRPC call. */
export class CallFailure extends Error {
  readonly outcome: Outcome;
  /** For `refused`. */
  readonly code: StorageErrorCode | undefined;

  constructor(outcome: Outcome, message: string, code?: StorageErrorCode) {
    super(message);
    this.name = 'CallFailure';
    this.outcome = outcome;
    this.code = code;
  }

  toStorageError(): StorageError {
    if (this.outcome === 'refused')
      return new StorageError(this.code ?? 'StorageFailed', this.message, { cause: this });
    return new StorageError('StorageUnavailable', `etcd cannot be reached: ${this.message}`, { cause: this });
  }
}

/** etcd's words (api/v3rpc/rpctypes/error.go) and those of its gRPC server → what they mean. Compared without case. */
const refusals: readonly (readonly [words: string, code: StorageErrorCode, advice?: string])[] = [
  ['required revision has been compacted', 'RevisionCompacted'],
  ['required revision is a future revision', 'RevisionInFuture'],
  ['requested lease not found', 'LeaseNotFound'],
  ['database space exceeded', 'StorageFull'],
  ['request is too large', 'InvalidArgument', 'start etcd with a larger --max-request-bytes'],
  ['message larger than max', 'InvalidArgument', 'start etcd with a larger --max-request-bytes'],
  ['too many operations in txn request', 'InvalidArgument', 'start etcd with a larger --max-txn-ops'],
];

/** Said before the request was handed to the cluster: etcd's interceptor, etcd's throttle, or no connection at all. */
const undone = [
  'etcdserver: no leader',
  'etcdserver: too many requests',
  'no connection established',
  'name resolution failed',
];

const transient: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
  status.ABORTED,
  status.RESOURCE_EXHAUSTED,
]);

export function callFailure(error: { code?: number; details?: string; message: string }): CallFailure {
  const words = error.details || error.message;
  const lower = words.toLowerCase();
  for (const [part, code, advice] of refusals) {
    if (lower.includes(part))
      return new CallFailure('refused', advice === undefined ? words : `${words} (${advice})`, code);
  }
  if (undone.some((part) => lower.startsWith(part))) return new CallFailure('undone', reason(words));
  if (error.code === undefined || transient.has(error.code)) return new CallFailure('unknown', words);
  return new CallFailure('refused', words, 'StorageFailed');
}

/** What kept the connection from being made, without what the libraries say around it. */
function reason(words: string): string {
  return words
    .replace(/^No connection established\. Last error: (?:Error: )?(?=\S)/, '')
    .replace(/\.? Resolution note: .*$/, '')
    .replace(/\s*\(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '')
    .replace(/^[\dA-F]+:error:[\dA-F]+:SSL routines:\w*:([^:]+):.*$/s, 'TLS: $1')
    .replace(/; if the root CA is installed locally.*$/, '')
    .replace(/^Failed to connect$/, 'the connection was closed, as by a server that wants https')
    .replaceAll('\n', ' ');
}
