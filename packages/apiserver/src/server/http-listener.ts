import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import type { ApiResponse } from '../endpoints/api-response.ts';
import type { IncomingRequest } from '../endpoints/request-context.ts';
import { ByteBudget } from './byte-budget.ts';
import { RunningRequests } from './http-request.ts';
import { serveHttp1 } from './http1-exchange.ts';
import { ServerConnection } from './http2/server-connection.ts';
import { serveHttp2 } from './http2-exchange.ts';
import { ReadingTurns } from './reading-turns.ts';
import type { Serving } from './serving.ts';
import { StalledSockets } from './stalled-sockets.ts';

export interface ListenerOptions {
  host: string;
  port: number;
  /** Others listen on the same port, and the operating system spreads connections over them (SO_REUSEPORT). */
  sharesPort?: boolean;
  /** What TLS sessions are resumed with, 48 bytes: those who share a port resume each other's. Default: random. */
  ticketKeys?: Uint8Array;
  /** PEM. */
  cert: string;
  key: string;
  /** Largest request body in bytes. */
  maxBodyBytes: number;
  /** Of all request bodies that are in memory at once. */
  maxBodiesBytes: number;
  /** Of all large answers that their peers have not read yet; beyond it the oldest is cut off. */
  maxUnreadBytes: number;
  /** Beyond it connections are closed as soon as they are made. */
  maxConnections: number;
  handle(request: IncomingRequest): Promise<ApiResponse>;
  /** Time for a request's body to arrive, in milliseconds. */
  bodyTimeoutMs: number;
  /** Time for the TLS handshake, and for the headers of a request, in milliseconds. */
  handshakeTimeoutMs: number;
  /** A connection without any request for this long is closed. */
  idleTimeoutMs: number;
  /** A stream or connection whose peer takes nothing of what waits for it is cut off after this time. */
  stallTimeoutMs: number;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running requests finish until the deadline, then cuts. */
  close(graceMs: number): Promise<void>;
}

const maxConcurrentStreams = 1000;
/** What connections with many requests may take of a turn of the event loop before anybody knows whose they are. */
const readingTurns = { requestsEach: 4, inLineEach: 8, ms: 0.25 };

/**
 * TLS with ALPN: `h2` connections go to our own end of HTTP/2, all others to an
 * HTTP/1.1 server. Client certificates are asked for and never required; authenticators verify them.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const running = new RunningRequests();
  const serving = servingOf(options, running);
  const h1 = http.createServer({ keepAliveTimeout: options.idleTimeoutMs });
  const waiting = new WeakMap<Duplex, NodeJS.Timeout>();
  const connections = new Set<ServerConnection>();
  h1.on('request', (request, response) => {
    const { socket } = request;
    clearTimeout(waiting.get(socket));
    response.once('close', () => awaitRequest(waiting, socket, options.idleTimeoutMs));
    serveHttp1(serving, request, response);
  });
  h1.on('clientError', (_error, socket) => socket.destroy());

  const server = tls.createServer({
    cert: options.cert,
    key: options.key,
    ...(options.ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(options.ticketKeys) }),
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: options.handshakeTimeoutMs,
    noDelay: true,
  });
  server.maxConnections = options.maxConnections;
  const sockets = new Set<TLSSocket>();
  const turns = new ReadingTurns({
    ...readingTurns,
    now: () => performance.now(),
    afterInput: (callback) => void setImmediate(callback),
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (socket.alpnProtocol === 'h2') {
      const connection = openConnection(serving, { ...options, turns }, socket);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    } else {
      awaitRequest(waiting, socket, options.handshakeTimeoutMs);
      h1.emit('connection', socket);
    }
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen({ port: options.port, host: options.host, reusePort: options.sharesPort ?? false });
  await once(server, 'listening');
  const stalled = new StalledSockets(options.stallTimeoutMs);
  const sweep = setInterval(() => {
    const now = performance.now();
    stalled.sweep(sockets, now);
    for (const connection of connections) connection.sweep(now);
  }, sweepMs(options));
  sweep.unref();

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      running.abortAll();
      for (const connection of connections) connection.shutDown();
      h1.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
      clearInterval(sweep);
    },
  };
}

/** Node checks its own header timeout for servers that listen themselves only. */
function awaitRequest(waiting: WeakMap<Duplex, NodeJS.Timeout>, socket: Duplex, ms: number): void {
  clearTimeout(waiting.get(socket));
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), ms);
  timer.unref();
  waiting.set(socket, timer);
}

function openConnection(
  serving: Serving,
  options: ListenerOptions & { turns: ReadingTurns },
  socket: TLSSocket,
): ServerConnection {
  return new ServerConnection(socket, {
    maxConcurrentStreams,
    turns: options.turns,
    frameTimeoutMs: options.handshakeTimeoutMs,
    stallTimeoutMs: options.stallTimeoutMs,
    idleTimeoutMs: options.idleTimeoutMs,
    onStream: (stream) => serveHttp2(serving, stream, socket),
    now: () => performance.now(),
  });
}

/** Often enough that no deadline of a connection is missed by more than a quarter. */
function sweepMs({ handshakeTimeoutMs, idleTimeoutMs, stallTimeoutMs }: ListenerOptions): number {
  return Math.max(10, Math.min(handshakeTimeoutMs, idleTimeoutMs, stallTimeoutMs) / 4);
}

function servingOf(options: ListenerOptions, running: RunningRequests): Serving {
  const { maxBodyBytes, bodyTimeoutMs, maxBodiesBytes, maxUnreadBytes } = options;
  const budget = new ByteBudget(maxBodiesBytes, 'largest');
  const bodies = { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs, budget };
  return { ...options, running, bodies, unread: new ByteBudget(maxUnreadBytes, 'oldest') };
}
