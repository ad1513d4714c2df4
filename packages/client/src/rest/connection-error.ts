/** What kept a response from arriving, or from arriving whole. */
export type ConnectionFailure = 'connect' | 'timeout' | 'interrupted' | 'closed';

/**
 * No answer, or half of one. `connect`: nothing was sent; `timeout`: the request's time ran out; `interrupted`: the
 * connection broke after the request was sent, which may have been carried out or not; `closed`: the transport was closed.
 */
export class ConnectionError extends Error {
  readonly failure: ConnectionFailure;

  constructor(failure: ConnectionFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConnectionError';
    this.failure = failure;
  }
}

export function isConnectionError(error: unknown, failure?: ConnectionFailure): error is ConnectionError {
  return error instanceof ConnectionError && (failure === undefined || error.failure === failure);
}
