import { parseJson } from '@canopy/apimachinery';
import type { Clock } from '../clock.ts';
import { sleep, systemClock } from '../clock.ts';
import type { Transport, TransportRequest, TransportResponse } from '../transport.ts';
import { deadline } from './deadline.ts';
import type { Query } from './paths.ts';
import { clusterOf, normalBasePath, withCluster, withQuery } from './paths.ts';
import { readBody } from './read-body.ts';
import { errorOfResponse } from './response-error.ts';
import type { RetryPolicy } from './retry-after.ts';
import { defaultRetryPolicy, invitesRetry, retryAfterMs } from './retry-after.ts';
import type { WarningHandler } from './warning-header.ts';
import { parseWarnings } from './warning-header.ts';

export interface RestClientOptions {
  transport: Transport;
  /** Put before every path: `''`, `/clusters/root`, or the path of a virtual workspace such as `/services/apiexport/<cluster>/<export>`. */
  basePath?: string;
  userAgent?: string;
  /** Sent with every request; lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** Gets what the server warns about. Warnings are dropped without it. */
  onWarning?: WarningHandler;
  /** Limit of one request with all its repetitions, in milliseconds; 0 is none. Streams are limited up to their headers. Default 60 s. */
  timeoutMs?: number;
  retry?: Partial<RetryPolicy>;
  clock?: Clock;
}

export interface RestRequest {
  method: TransportRequest['method'];
  /** Below the client's base path, e.g. `/api/v1/namespaces`; without query. */
  path: string;
  query?: Query;
  headers?: Readonly<Record<string, string>>;
  /** Text and bytes go as they are, all else as JSON. */
  body?: unknown;
  /** Default `application/json`. */
  contentType?: string;
  /** Default `application/json`. */
  accept?: string;
  signal?: AbortSignal;
  /** Instead of the client's. */
  timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;

/**
 * HTTP as API servers speak it: JSON both ways, `Status` bodies as `StatusError`, `Retry-After` obeyed, warnings handed on.
 * Immutable; {@link cluster} and {@link withBasePath} give clients that share the transport.
 *
 * All requests reject with `StatusError` for an answer other than 2xx, with `ConnectionError` for none, and with the
 * signal's reason when it was aborted.
 */
export class RestClient {
  readonly basePath: string;
  readonly #options: RestClientOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #retry: RetryPolicy;
  readonly #clock: Clock;

  constructor(options: RestClientOptions) {
    this.basePath = normalBasePath(options.basePath ?? '');
    this.#options = options;
    this.#headers = { 'user-agent': options.userAgent ?? 'canopy-client', ...options.headers };
    this.#retry = { ...defaultRetryPolicy, ...options.retry };
    this.#clock = options.clock ?? systemClock;
  }

  /** The logical cluster that the base path ends in, if any. */
  get clusterName(): string | undefined {
    return clusterOf(this.basePath);
  }

  /** A client for one logical cluster (name or path), or with `*` for all. A cluster in the base path is replaced. */
  cluster(name: string): RestClient {
    return this.withBasePath(withCluster(this.basePath, name));
  }

  withBasePath(basePath: string): RestClient {
    return new RestClient({ ...this.#options, basePath });
  }

  /** The same client with more headers, e.g. those of impersonation. */
  withHeaders(headers: Readonly<Record<string, string>>): RestClient {
    return new RestClient({
      ...this.#options,
      basePath: this.basePath,
      headers: { ...this.#options.headers, ...headers },
    });
  }

  /** The answer's JSON; undefined for an empty body. */
  async json<T>(request: RestRequest): Promise<T> {
    const bytes = await this.bytes(request);
    return (bytes.length === 0 ? undefined : parseJson(bytes)) as T;
  }

  async text(request: RestRequest): Promise<string> {
    return new TextDecoder().decode(await this.bytes(request));
  }

  async bytes(request: RestRequest): Promise<Uint8Array> {
    const limit = deadline(
      this.#clock,
      request.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs,
      request.signal,
    );
    try {
      const response = await this.#send(request, limit.signal);
      const bytes = await readBody(response.body);
      limit.signal?.throwIfAborted();
      return bytes;
    } finally {
      limit.stop();
    }
  }

  /** The answer as it arrives. Its body must be read to the end, returned from, or aborted. */
  async stream(request: RestRequest): Promise<TransportResponse> {
    const limit = deadline(
      this.#clock,
      request.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs,
      request.signal,
    );
    try {
      return await this.#send(request, limit.signal);
    } finally {
      limit.stop();
    }
  }

  async #send(request: RestRequest, signal: AbortSignal | undefined): Promise<TransportResponse> {
    const outgoing = this.#encode(request, signal);
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      const response = await this.#options.transport.request(outgoing);
      const warning = response.headers['warning'];
      if (warning !== undefined && this.#options.onWarning !== undefined) {
        for (const one of parseWarnings(warning)) this.#options.onWarning(one);
      }
      if (response.status >= 200 && response.status < 300) return response;
      const wait = retryAfterMs(response.headers['retry-after'], this.#clock.now());
      const body = await readBody(response.body);
      signal?.throwIfAborted();
      if (wait === undefined || !this.#mayRetry(response.status, attempt, wait)) {
        throw errorOfResponse(response.status, body, wait);
      }
      await sleep(this.#clock, wait, signal);
    }
  }

  #mayRetry(status: number, attempt: number, waitMs: number): boolean {
    return invitesRetry(status) && attempt < this.#retry.maxRetries && waitMs <= this.#retry.maxDelayMs;
  }

  #encode(request: RestRequest, signal: AbortSignal | undefined): TransportRequest {
    const headers: Record<string, string> = {
      accept: request.accept ?? 'application/json',
      ...this.#headers,
      ...request.headers,
    };
    const outgoing: TransportRequest = {
      method: request.method,
      path: withQuery(this.basePath + request.path, request.query),
      headers,
      signal,
    };
    if (request.body !== undefined) {
      headers['content-type'] = request.contentType ?? 'application/json';
      const raw = typeof request.body === 'string' || request.body instanceof Uint8Array;
      outgoing.body = raw ? (request.body as string | Uint8Array) : JSON.stringify(request.body);
    }
    return outgoing;
  }
}
