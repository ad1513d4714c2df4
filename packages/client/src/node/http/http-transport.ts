import { ConnectionError, isConnectionError } from '../../rest/connection-error.ts';
import { readBody } from '../../rest/read-body.ts';
import type { Transport, TransportRequest, TransportResponse } from '../../transport.ts';
import type { Channel, Target, WireRequest } from './channel.ts';
import { abortable, ProtocolChangedError, targetOf, UnprocessedError } from './channel.ts';
import type { ClientCertificate, CredentialSource } from './credentials.ts';
import { fixedCredentials } from './credentials.ts';
import { Http1Channel } from './http1-channel.ts';
import { Http2Channel } from './http2-channel.ts';
import type { TlsOptions } from './tls-connection.ts';
import { dialTls, tlsConnectionOptions } from './tls-connection.ts';

export interface HttpTransportOptions {
  /** `https://host:port`. A path in it plays no part here: give it to the `RestClient` as its base path. */
  server: string;
  tls?: TlsOptions;
  auth?: CredentialSource;
  /** False: HTTP/1.1 only. Default: whatever the server prefers, HTTP/2 first. */
  http2?: boolean;
  /** HTTP/2 connections at most. Default 16. */
  maxSessions?: number;
  /** Default 30 s. */
  connectTimeoutMs?: number;
  /** Default 30 s. */
  pingIntervalMs?: number;
  /** Default 15 s. */
  pingTimeoutMs?: number;
  /** Default 5 min. */
  idleTimeoutMs?: number;
}

interface OpenChannel {
  certificate: ClientCertificate | undefined;
  channel: Promise<Channel>;
}

const maxAttempts = 3;

/**
 * A transport over TCP and TLS. HTTP/2 is offered first: all requests share a connection, which is replaced when the
 * server sends GOAWAY, closes it or answers no ping, and joined by others when its streams are all taken. Servers
 * without it get HTTP/1.1 on kept connections. An idle transport does not keep the process alive.
 *
 * Requests that the server surely did not act on are repeated on another connection; a 401 is answered once with renewed
 * credentials, where the source has any. Rejects with `ConnectionError` or the signal's reason.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  return new HttpTransport(options);
}

class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #target: Target;
  readonly #auth: CredentialSource;
  #open: OpenChannel | undefined;
  #closed = false;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#target = targetOf(options.server);
    this.#auth = options.auth ?? fixedCredentials({ headers: {} });
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      request.signal?.throwIfAborted();
      try {
        const response = await this.#attempt(request);
        if (response.status !== 401 || renewed || !this.#auth.reject()) return response;
        renewed = true;
        await readBody(response.body);
      } catch (error) {
        if (error instanceof ProtocolChangedError) this.#open = undefined;
        if (this.#closed && error instanceof UnprocessedError) throw closedError();
        if (attempt >= maxAttempts || this.#closed || !mayRepeat(error, request.method)) throw error;
      }
    }
  }

  async #attempt(request: TransportRequest): Promise<TransportResponse> {
    const credentials = await this.#auth.get(request.signal);
    const channel = await abortable(this.#channel(credentials.clientCertificate), request.signal);
    const wire: WireRequest = {
      method: request.method,
      path: request.path,
      headers: { ...request.headers, ...credentials.headers },
      body: request.body,
      signal: request.signal,
    };
    return channel.request(wire);
  }

  /** The channel for a client certificate; another certificate needs other connections. */
  #channel(certificate: ClientCertificate | undefined): Promise<Channel> {
    if (this.#closed) return Promise.reject(closedError());
    const current = this.#open;
    if (current !== undefined) {
      if (current.certificate?.cert === certificate?.cert && current.certificate?.key === certificate?.key) {
        return current.channel;
      }
      current.channel.then((channel) => channel.drain()).catch(() => {});
    }
    const channel = this.#connect(certificate);
    const opened: OpenChannel = { certificate, channel };
    this.#open = opened;
    channel.catch(() => {
      if (this.#open === opened) this.#open = undefined;
    });
    return channel;
  }

  async #connect(certificate: ClientCertificate | undefined): Promise<Channel> {
    const target = this.#target;
    const options = this.#options;
    const tls = tlsConnectionOptions(options.tls ?? {}, certificate);
    if (!target.secure || options.http2 === false) return new Http1Channel(target, tls);
    const dial = () =>
      dialTls({ target, options: tls, alpn: ['h2', 'http/1.1'], timeoutMs: options.connectTimeoutMs ?? 30_000 });
    const first = await dial();
    if (this.#closed) {
      first.destroy();
      throw closedError();
    }
    if (first.alpnProtocol !== 'h2') {
      first.destroy();
      return new Http1Channel(target, tls);
    }
    return new Http2Channel(first, {
      origin: target.origin,
      dial,
      maxSessions: options.maxSessions ?? 16,
      pingIntervalMs: options.pingIntervalMs ?? 30_000,
      pingTimeoutMs: options.pingTimeoutMs ?? 15_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = this.#open;
    this.#open = undefined;
    const channel = await open?.channel.catch(() => undefined);
    channel?.drain();
  }
}

function closedError(): ConnectionError {
  return new ConnectionError('closed', 'the transport was closed');
}

function mayRepeat(error: unknown, method: TransportRequest['method']): boolean {
  if (error instanceof UnprocessedError) return true;
  return method === 'GET' && isConnectionError(error, 'interrupted');
}
