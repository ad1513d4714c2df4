import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServerIdentity } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { StorageError } from '../../../storage-error.ts';
import { CallFailure, callFailure } from './call-failure.ts';

export interface EtcdConnectionOptions {
  /** `http://host:port` or `https://host:port`, at least one; all members of one cluster. */
  endpoints: readonly string[];
  /** PEM. For https endpoints; default: the system's authorities, no client certificate. */
  tls?: { ca: string; cert?: string; key?: string };
  /** Milliseconds after which a request, with all its repetitions, fails. Default 10,000. */
  requestTimeoutMs?: number;
}

/** A method of etcd's gRPC API that has one answer. */
export interface Method<T> {
  path: string;
  decode(bytes: Uint8Array): T;
}

export interface StreamHandler<T> {
  onMessage(message: T): void;
  /** Called once; nothing follows. */
  onEnd(failure: CallFailure): void;
}

export interface RequestStream {
  write(request: Uint8Array): void;
  /** `onEnd` is not called any more. */
  close(): void;
}

/** Milliseconds that one endpoint has to answer, before another is asked. */
const attemptTimeoutMs = 4000;

const channelOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 4000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * One HTTP/2 connection per endpoint in use; all requests go to one endpoint, and to the next when that one fails.
 * Every call asks etcd to refuse it while the member knows of no leader, so that a member that is cut off is left.
 */
export class EtcdConnection {
  readonly #endpoints: Endpoint[];
  readonly #clients: (Client | undefined)[];
  readonly #metadata = new Metadata();
  readonly #timeoutMs: number;
  #current: number;
  #closed = false;

  constructor(options: EtcdConnectionOptions) {
    this.#endpoints = endpointsOf(options);
    this.#clients = this.#endpoints.map(() => undefined);
    this.#metadata.set('hasleader', 'true');
    this.#timeoutMs = options.requestTimeoutMs ?? 10_000;
    // Replicas spread over the members.
    this.#current = Math.floor(Math.random() * this.#endpoints.length);
  }

  /** When a request that starts now has failed for good; milliseconds as of `performance.now()`. */
  deadline(): number {
    return performance.now() + this.#timeoutMs;
  }

  /** For requests that may be done twice. Rejects with a `StorageError`. */
  async request<T>(method: Method<T>, message: Uint8Array, deadline: number = this.deadline()): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(method, message, deadline);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (error.outcome === 'refused' || this.#closed) throw error.toStorageError();
        await this.pause(attempt, deadline, error);
      }
    }
  }

  /** Asks one endpoint once. Rejects with a {@link CallFailure}. */
  attempt<T>(method: Method<T>, message: Uint8Array, deadline: number = this.deadline()): Promise<T> {
    const endpoint = this.#current;
    const remaining = deadline - performance.now();
    // Long deadlines are those of requests that take long.
    const limit = remaining > this.#timeoutMs ? remaining : Math.min(attemptTimeoutMs, remaining);
    return new Promise((resolve, reject) => {
      this.#client(endpoint).makeUnaryRequest(
        method.path,
        asBuffer,
        method.decode,
        message,
        this.#metadata,
        { deadline: Date.now() + Math.max(1, limit) },
        (error: ServiceError | null, answer?: T) => {
          if (error === null) return resolve(answer as T);
          const failure = callFailure(error);
          if (failure.outcome !== 'refused') this.leave(endpoint);
          reject(failure);
        },
      );
    });
  }

  /** Waits before the next attempt: hardly at first, up to a second. Rejects when the deadline would pass. */
  async pause(attempt: number, deadline: number, failure: CallFailure): Promise<void> {
    const ms = Math.min(1000, 10 * 2 ** attempt) * (0.5 + Math.random() / 2);
    if (performance.now() + ms >= deadline) throw failure.toStorageError();
    await sleep(ms);
  }

  /** Opens a stream on the present endpoint, and leaves that endpoint when the stream breaks. */
  openStream<T>(path: string, decode: (bytes: Uint8Array) => T, handler: StreamHandler<T>): RequestStream {
    const endpoint = this.#current;
    const stream: ClientDuplexStream<Uint8Array, T> = this.#client(endpoint).makeBidiStreamRequest(
      path,
      asBuffer,
      decode,
      this.#metadata,
      {},
    );
    let over = false;
    const end = (failure: CallFailure): void => {
      if (over) return;
      over = true;
      stream.cancel();
      if (failure.outcome !== 'refused') this.leave(endpoint);
      handler.onEnd(failure);
    };
    stream.on('data', (message: T) => {
      if (!over) handler.onMessage(message);
    });
    stream.on('error', (error: ServiceError) => end(callFailure(error)));
    stream.on('end', () => end(new CallFailure('unknown', 'etcd ended the stream')));
    return {
      write: (request) => void stream.write(request),
      close: () => {
        over = true;
        stream.cancel();
      },
    };
  }

  /** From now on others are asked, unless that has happened already. */
  leave(endpoint: number = this.#current): void {
    if (endpoint === this.#current) this.#current = (endpoint + 1) % this.#endpoints.length;
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients) client?.close();
  }

  #client(endpoint: number): Client {
    const known = this.#clients[endpoint];
    if (known !== undefined) return known;
    const { address, trust, more } = this.#endpoints[endpoint] as Endpoint;
    const client = new Client(address, trust, { ...channelOptions, ...more });
    this.#clients[endpoint] = client;
    return client;
  }
}

interface Endpoint {
  /** `host:port` */
  address: string;
  trust: ChannelCredentials;
  more: ChannelOptions;
}

/** A name that nobody has (RFC 6761). TLS must name a server, but not by its IP address, which gRPC would do. */
const unnamed = 'ip-address.invalid';

function endpointsOf({ endpoints, tls }: EtcdConnectionOptions): Endpoint[] {
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  const urls = endpoints.map((endpoint) => URL.parse(endpoint));
  if (urls.length === 0) throw new StorageError('InvalidArgument', 'no endpoint of etcd is given');
  return urls.map((url, i) => {
    if (url === null || !['http:', 'https:'].includes(url.protocol))
      throw new StorageError('InvalidArgument', `${endpoints[i]} is not the URL of an etcd endpoint`);
    const address = `${url.hostname}:${url.port || '2379'}`;
    if (url.protocol === 'http:') return { address, trust: credentials.createInsecure(), more: {} };
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const byIp = isIP(host) !== 0;
    const trust = credentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert), {
      checkServerIdentity: (name, certificate) => checkServerIdentity(byIp ? host : name, certificate),
    });
    return { address, trust, more: byIp ? { 'grpc.ssl_target_name_override': unnamed } : {} };
  });
}

function asBuffer(message: Uint8Array): Buffer {
  return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}
