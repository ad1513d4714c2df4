import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect, constants } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { ConnectionError } from '../../rest/connection-error.ts';
import type { TransportResponse } from '../../transport.ts';
import type { WireRequest } from './channel.ts';
import { messageOf, UnprocessedError } from './channel.ts';
import { flatHeaders, responseBody } from './response-body.ts';

/** Bytes a stream may hold unread before its sender has to wait. */
const streamWindow = 256 << 10;
/** The same for all streams together: far more, lest slow readers stall the others. */
const sessionWindow = 64 << 20;

export interface SessionOptions {
  origin: string;
  /** How often a busy connection is probed, in milliseconds. */
  pingIntervalMs: number;
  /** How long a probe may stay unanswered before the connection is given up. */
  pingTimeoutMs: number;
  /** An unused connection is closed after so many milliseconds. */
  idleTimeoutMs: number;
  /** A slot became free, or the session takes no more requests. */
  onChange(session: Http2Session): void;
}

/** One HTTP/2 connection: counts its streams, probes the peer, and stops taking requests on GOAWAY. */
export class Http2Session {
  readonly #session: ClientHttp2Session;
  readonly #options: SessionOptions;
  readonly #probe: NodeJS.Timeout;
  #streams = 0;
  #limit = 100;
  #usable = true;
  #idleSince = performance.now();

  constructor(socket: TLSSocket, options: SessionOptions) {
    this.#options = options;
    this.#session = connect(options.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
    });
    const leave = () => this.#retire();
    this.#session.on('error', leave);
    this.#session.on('goaway', leave);
    this.#session.on('close', leave);
    this.#session.once('connect', () => this.#session.setLocalWindowSize(sessionWindow));
    this.#session.on('remoteSettings', (settings) => {
      this.#limit = settings.maxConcurrentStreams ?? Number.MAX_SAFE_INTEGER;
      this.#options.onChange(this);
    });
    this.#session.unref();
    this.#probe = setInterval(() => this.#check(), options.pingIntervalMs);
    this.#probe.unref();
  }

  /** Whether new requests may be put on it, now or later. */
  get usable(): boolean {
    return this.#usable;
  }

  get hasRoom(): boolean {
    return this.#usable && this.#streams < this.#limit;
  }

  /** Takes a slot, which {@link request} gives back when its stream closes. */
  reserve(): void {
    if (this.#streams++ === 0) this.#session.ref();
  }

  /** Gives back a slot that was not used. */
  release(): void {
    if (--this.#streams === 0) {
      this.#idleSince = performance.now();
      if (!this.#session.destroyed) this.#session.unref();
      if (!this.#usable) this.#session.close();
    }
    this.#options.onChange(this);
  }

  request(request: WireRequest): Promise<TransportResponse> {
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(
        { ...request.headers, ':method': request.method, ':path': request.path } as Record<string, string>,
        { endStream: request.body === undefined },
      );
    } catch (cause) {
      this.#retire();
      this.release();
      return Promise.reject(new UnprocessedError(`the connection takes no more requests: ${messageOf(cause)}`, cause));
    }
    return new Promise((resolve, reject) => this.#follow(stream, request, { resolve, reject }));
  }

  #follow(
    stream: ClientHttp2Stream,
    request: WireRequest,
    settle: { resolve(response: TransportResponse): void; reject(reason: unknown): void },
  ): void {
    const { signal } = request;
    let failure: unknown;
    const cancel = () => {
      if (stream.destroyed) return;
      stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    stream.on('error', (error) => {
      failure = error;
    });
    stream.once('close', () => {
      signal?.removeEventListener('abort', cancel);
      settle.reject(signal?.aborted ? signal.reason : this.#lost(stream.rstCode, failure));
      this.release();
    });
    stream.once('response', (headers) => {
      settle.resolve({
        status: Number(headers[':status']),
        headers: flatHeaders(headers),
        body: responseBody({ stream, signal, cancel, complete: () => stream.rstCode === constants.NGHTTP2_NO_ERROR }),
      });
    });
    if (request.body !== undefined) stream.end(request.body);
    if (signal?.aborted) cancel();
  }

  /** The error of a stream that closed before its response began. */
  #lost(code: number, cause: unknown): ConnectionError {
    if (code === constants.NGHTTP2_REFUSED_STREAM) return new UnprocessedError('the server refused the stream', cause);
    const why = cause === undefined ? 'the connection was closed' : messageOf(cause);
    return new ConnectionError('interrupted', `${this.#options.origin} did not answer: ${why}`, cause);
  }

  /** Takes no more requests; those under way go on. */
  drain(): void {
    this.#retire();
    if (this.#streams === 0) this.#session.close();
  }

  #retire(): void {
    if (!this.#usable) return;
    this.#usable = false;
    clearInterval(this.#probe);
    if (this.#streams > 0 && !this.#session.destroyed) this.#probeWhileDraining();
    else this.#session.close();
    this.#options.onChange(this);
  }

  /** A retired connection still needs its probe, or its last watch could wait for a dead peer. */
  #probeWhileDraining(): void {
    const probe = setInterval(() => this.#ping(), this.#options.pingIntervalMs);
    probe.unref();
    this.#session.once('close', () => clearInterval(probe));
  }

  #check(): void {
    if (this.#streams > 0) this.#ping();
    else if (performance.now() - this.#idleSince >= this.#options.idleTimeoutMs) this.drain();
  }

  #ping(): void {
    if (this.#session.destroyed || this.#session.closed) return;
    const overdue = setTimeout(() => {
      this.#session.destroy(new Error(`no answer to a ping within ${this.#options.pingTimeoutMs} ms`));
    }, this.#options.pingTimeoutMs);
    overdue.unref();
    this.#session.ping(() => clearTimeout(overdue));
  }
}
