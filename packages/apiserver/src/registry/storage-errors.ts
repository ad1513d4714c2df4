import {
  badRequest,
  expired,
  internalError,
  isStatusError,
  type StatusError,
  StatusError as StatusErrorClass,
  serviceUnavailable,
  timeout,
  tooManyRequests,
} from '@canopy/apimachinery';
import { isStorageError } from '@canopy/storage';

/** The one place where what a store can answer becomes what a client is told. */
export function toStatusError(error: unknown): StatusError {
  if (isStatusError(error)) return error;
  if (!isStorageError(error)) {
    return internalError(error instanceof Error ? error.message : String(error), error);
  }
  switch (error.code) {
    case 'RevisionCompacted':
      return expired('The resourceVersion for the provided list is too old.');
    case 'RevisionInFuture':
      return timeout(`Too large resource version: ${error.message}`, 1);
    case 'InvalidArgument':
      return badRequest(error.message);
    case 'StorageFull':
      return new StatusErrorClass({
        code: 507,
        reason: 'InternalError',
        message: 'the store is full; nothing was written',
        details: { retryAfterSeconds: 10 },
        cause: error,
      });
    case 'Overloaded':
      return tooManyRequests('the store has too many writes waiting, please try again later', 1);
    case 'StorageUnavailable':
      return serviceUnavailable('the store cannot be reached, please try again later', 1);
    case 'Closed':
      return serviceUnavailable('the server is shutting down', 1);
    case 'LeaseNotFound':
    case 'StorageFailed':
      return internalError(error.message, error);
  }
}
