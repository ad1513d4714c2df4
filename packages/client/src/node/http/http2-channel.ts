import type { TLSSocket } from 'node:tls';
import type { TransportResponse } from '../../transport.ts';
import type { Channel, WireRequest } from './channel.ts';
import { ProtocolChangedError, UnprocessedError } from './channel.ts';
import type { SessionOptions } from './http2-session.ts';
import { Http2Session } from './http2-session.ts';

export interface Http2ChannelOptions extends Omit<SessionOptions, 'onChange'> {
  /** Connections at most; when all their streams are taken, requests wait in line. */
  maxSessions: number;
  /** A new TLS connection, with whatever protocol the server chose. */
  dial(): Promise<TLSSocket>;
}

interface Waiter {
  resolve(session: Http2Session): void;
  reject(reason: unknown): void;
}

/** HTTP/2 over one connection, and over more once the server's limit of streams is reached. */
export class Http2Channel implements Channel {
  readonly #options: Http2ChannelOptions;
  readonly #sessions = new Set<Http2Session>();
  /** Requests without a slot, oldest first. */
  readonly #waiting = new Set<Waiter>();
  #dialing = false;
  #closed = false;

  /** `first` is a connection on which the server chose `h2`. */
  constructor(first: TLSSocket, options: Http2ChannelOptions) {
    this.#options = options;
    this.#adopt(first);
  }

  async request(request: WireRequest): Promise<TransportResponse> {
    const session = this.#free() ?? (await this.#wait(request.signal));
    return session.request(request);
  }

  drain(): void {
    this.#closed = true;
    for (const session of [...this.#sessions]) session.drain();
    this.#failWaiting(new UnprocessedError('the connection is being closed'));
  }

  /** A session with a slot reserved. */
  #free(): Http2Session | undefined {
    for (const session of this.#sessions) {
      if (!session.hasRoom) continue;
      session.reserve();
      return session;
    }
    return undefined;
  }

  #wait(signal: AbortSignal | undefined): Promise<Http2Session> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        resolve: (session) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(session);
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', onAbort);
          reject(reason);
        },
      };
      if (signal?.aborted) return reject(signal.reason);
      if (this.#closed) return reject(new UnprocessedError('the connection is being closed'));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
      this.#serveWaiting();
    });
  }

  #serveWaiting(): void {
    for (const waiter of this.#waiting) {
      const session = this.#free();
      if (session === undefined) {
        this.#grow();
        return;
      }
      this.#waiting.delete(waiter);
      waiter.resolve(session);
    }
  }

  #grow(): void {
    if (this.#dialing || this.#closed || this.#sessions.size >= this.#options.maxSessions) return;
    this.#dialing = true;
    void this.#dial();
  }

  async #dial(): Promise<void> {
    try {
      const socket = await this.#options.dial();
      this.#dialing = false;
      if (this.#closed) socket.destroy();
      else if (socket.alpnProtocol === 'h2') this.#adopt(socket);
      else {
        socket.destroy();
        this.#failWaiting(new ProtocolChangedError(`${this.#options.origin} no longer offers HTTP/2`));
      }
    } catch (error) {
      this.#dialing = false;
      if (this.#sessions.size === 0) this.#failWaiting(error);
    }
  }

  #adopt(socket: TLSSocket): void {
    const session = new Http2Session(socket, {
      ...this.#options,
      onChange: (changed) => {
        if (!changed.usable) this.#sessions.delete(changed);
        this.#serveWaiting();
      },
    });
    this.#sessions.add(session);
    this.#serveWaiting();
  }

  #failWaiting(reason: unknown): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.reject(reason);
  }
}
