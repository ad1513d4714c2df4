import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { ConnectionError } from '../../rest/connection-error.ts';
import type { TransportResponse } from '../../transport.ts';
import type { Channel, Target, WireRequest } from './channel.ts';
import { messageOf, UnprocessedError } from './channel.ts';
import { flatHeaders, responseBody } from './response-body.ts';

const maxIdleConnections = 128;

/** HTTP/1.1 with connections kept open; as many at a time as there are requests and watches. */
export class Http1Channel implements Channel {
  readonly #target: Target;
  readonly #agent: HttpAgent;
  readonly #tls: ConnectionOptions;
  #closed = false;

  constructor(target: Target, tls: ConnectionOptions) {
    this.#target = target;
    this.#tls = tls;
    const options = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: maxIdleConnections };
    this.#agent = target.secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  request(request: WireRequest): Promise<TransportResponse> {
    if (this.#closed) return Promise.reject(new UnprocessedError('the connection is being closed'));
    const { host, port, secure } = this.#target;
    const headers = { ...request.headers } as OutgoingHttpHeaders;
    if (request.body !== undefined) headers['content-length'] = Buffer.byteLength(request.body);
    const options: RequestOptions & ConnectionOptions = {
      ...(secure ? this.#tls : {}),
      host,
      port,
      method: request.method,
      path: request.path,
      headers,
      agent: this.#agent,
    };
    return new Promise((resolve, reject) => {
      const outgoing = secure ? httpsRequest(options) : httpRequest(options);
      this.#follow(outgoing, request, { resolve, reject });
      outgoing.end(request.body);
    });
  }

  #follow(
    outgoing: ClientRequest,
    request: WireRequest,
    settle: { resolve(response: TransportResponse): void; reject(reason: unknown): void },
  ): void {
    const { signal } = request;
    let connected = false;
    const cancel = () => outgoing.destroy();
    signal?.addEventListener('abort', cancel, { once: true });
    outgoing.once('socket', (socket) => {
      if (outgoing.reusedSocket) connected = true;
      else socket.once(this.#target.secure ? 'secureConnect' : 'connect', () => (connected = true));
    });
    outgoing.on('error', (error) => settle.reject(this.#failure(error, outgoing, connected)));
    outgoing.once('close', () => {
      signal?.removeEventListener('abort', cancel);
      settle.reject(signal?.aborted ? signal.reason : new ConnectionError('interrupted', 'the connection was closed'));
    });
    outgoing.once('response', (response: IncomingMessage) => {
      response.on('error', () => {});
      settle.resolve({
        status: response.statusCode ?? 0,
        headers: flatHeaders(response.headers),
        body: responseBody({ stream: response, signal, cancel, complete: () => response.complete }),
      });
    });
    if (signal?.aborted) {
      settle.reject(signal.reason);
      cancel();
    }
  }

  #failure(error: Error, outgoing: ClientRequest, connected: boolean): ConnectionError {
    const { origin } = this.#target;
    if (!connected) return new ConnectionError('connect', `cannot connect to ${origin}: ${messageOf(error)}`, error);
    // The server may close a kept connection in the moment it is used again; a GET can go over a new one.
    if (outgoing.reusedSocket && outgoing.method === 'GET') {
      return new UnprocessedError(`${origin} closed the connection: ${messageOf(error)}`, error);
    }
    return new ConnectionError('interrupted', `${origin} did not answer: ${messageOf(error)}`, error);
  }

  drain(): void {
    this.#closed = true;
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    // Busy connections end with their request: nothing is kept any more.
    (this.#agent as HttpAgent & { keepAlive: boolean }).keepAlive = false;
  }
}
