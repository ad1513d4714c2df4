/** What can be wrong with, or on, a PostgreSQL server, in the words of the orders' conditions. */
export type FailureReason =
  | 'ServerUnreachable'
  | 'AccessDenied'
  | 'DiskFull'
  | 'TooManyConnections'
  | 'NameTaken'
  | 'ServerError';

/** A step on the server that failed, for a reason that may go. The message is one for consumers. */
export class ServerFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ServerFailure';
    this.reason = reason;
  }
}

/** Codes of `errcodes.txt` in PostgreSQL's manual (appendix A), whole or by class. */
const reasonsOfStates: readonly (readonly [prefix: string, reason: FailureReason])[] = [
  ['53100', 'DiskFull'],
  ['53300', 'TooManyConnections'],
  ['57P0', 'ServerUnreachable'],
  ['08', 'ServerUnreachable'],
  ['28', 'AccessDenied'],
  ['42501', 'AccessDenied'],
  ['42P04', 'NameTaken'],
];

const brokenConnection = /^(ECONN|EPIPE|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|CONNECT|CONNECTION_)/;

/** The SQLSTATE, or the code of the network error, of what the driver threw. */
export function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  return errors === undefined || errors.length === 0 ? '' : codeOf(errors[0]);
}

/** What an error of the driver means. `step` says what was tried, e.g. `creating the database`. */
export function toServerFailure(error: unknown, step: string): ServerFailure {
  if (error instanceof ServerFailure) return error;
  const code = codeOf(error);
  const text = (error as Error | undefined)?.message || code || String(error);
  if (brokenConnection.test(code)) {
    return new ServerFailure('ServerUnreachable', `the PostgreSQL server cannot be reached (${code})`, error);
  }
  const reason = reasonsOfStates.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'ServerError';
  return new ServerFailure(reason, `${step}: ${text}`, error);
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof ServerFailure && error.reason === 'ServerUnreachable';
}
