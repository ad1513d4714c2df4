import { ConnectionError } from '../../rest/connection-error.ts';
import type { TransportResponse } from '../../transport.ts';

/** A request as it goes over a wire, with the headers of the credentials. */
export interface WireRequest {
  method: string;
  path: string;
  headers: Record<string, string | readonly string[]>;
  body: Uint8Array | string | undefined;
  signal: AbortSignal | undefined;
}

/** Connections to one server with one client certificate and one version of HTTP. */
export interface Channel {
  request(request: WireRequest): Promise<TransportResponse>;
  /** Ends idle connections now and busy ones when their last request is over. */
  drain(): void;
}

/** The server has surely not acted on the request: it may be sent again, whatever its method. */
export class UnprocessedError extends ConnectionError {
  constructor(message: string, cause?: unknown) {
    super('interrupted', message, cause);
    this.name = 'UnprocessedError';
  }
}

/** The server speaks another version of HTTP than before. */
export class ProtocolChangedError extends UnprocessedError {}

/** Where to connect to. */
export interface Target {
  /** `https://host:port`; what errors name. */
  origin: string;
  host: string;
  port: number;
  secure: boolean;
}

/** @throws TypeError when `server` is not an http or https URL */
export function targetOf(server: string): Target {
  const url = new URL(server);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new TypeError(`${server} is not an http or https URL`);
  const secure = url.protocol === 'https:';
  return {
    origin: url.origin,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
  };
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** `message` of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
