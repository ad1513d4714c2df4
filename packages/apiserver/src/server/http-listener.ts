import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2, {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import type { ApiResponse, ResponseSink } from '../endpoints/api-response.ts';
import type { IncomingRequest } from '../endpoints/request-context.ts';
import { ByteBudget, type Holding } from './byte-budget.ts';
import { HttpRequest, RunningRequests } from './http-request.ts';
import { type BodyLimits, readBody } from './request-body.ts';

export interface ListenerOptions {
  host: string;
  port: number;
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
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running requests finish until the deadline, then cuts. */
  close(graceMs: number): Promise<void>;
}

const maxConcurrentStreams = 1000;
/** Answers below it are not counted, in bytes. */
const smallAnswer = 16 * 1024;

interface Serving extends ListenerOptions {
  bodies: BodyLimits;
  unread: ByteBudget;
  running: RunningRequests;
}

/**
 * TLS with ALPN: `h2` connections go to an HTTP/2 server (its core API, no compatibility layer), all others to an
 * HTTP/1.1 server. Client certificates are asked for and never required; authenticators verify them.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const running = new RunningRequests();
  const serving = servingOf(options, running);
  const h2 = http2.createServer({
    settings: { maxConcurrentStreams, initialWindowSize: 1 << 20 },
    maxSessionMemory: 64,
  });
  const h1 = http.createServer({ keepAliveTimeout: options.idleTimeoutMs });
  const waiting = new WeakMap<Duplex, NodeJS.Timeout>();
  const sessions = new Set<ServerHttp2Session>();
  h2.on('session', (session) => {
    sessions.add(session);
    session.setTimeout(options.idleTimeoutMs, () => closeWhenIdle(session));
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  h2.on('stream', (stream, headers) => serveStream(serving, stream as ServerHttp2Stream, headers));
  h2.on('sessionError', () => undefined);
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
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: options.handshakeTimeoutMs,
    noDelay: true,
  });
  server.maxConnections = options.maxConnections;
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (socket.alpnProtocol === 'h2') (h2 as Http2Server).emit('connection', socket);
    else {
      awaitRequest(waiting, socket, options.handshakeTimeoutMs);
      h1.emit('connection', socket);
    }
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen(options.port, options.host);
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      running.abortAll();
      for (const session of sessions) session.close();
      h1.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
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

function closeWhenIdle(session: ServerHttp2Session): void {
  if (streamsOf(session) === 0) session.close();
}

const openStreams = new WeakMap<ServerHttp2Session, number>();

function streamsOf(session: ServerHttp2Session): number {
  return openStreams.get(session) ?? 0;
}

function countStream(stream: ServerHttp2Stream): void {
  const { session } = stream;
  if (session === undefined) return;
  const server = session as ServerHttp2Session;
  openStreams.set(server, streamsOf(server) + 1);
  stream.once('close', () => openStreams.set(server, streamsOf(server) - 1));
}

function serveStream(serving: Serving, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  countStream(stream);
  stream.on('error', () => undefined);
  const method = headers[':method'] ?? 'GET';
  const request = new HttpRequest({
    method,
    url: headers[':path'] ?? '/',
    headers: headers as Record<string, string | undefined>,
    socket: stream.session?.socket as TLSSocket,
    carrier: stream,
    running: serving.running,
    readBody: () =>
      method === 'GET' || method === 'HEAD'
        ? Promise.resolve(noBody)
        : bodyOf(serving, stream, headers['content-length'], request),
  });
  void serving
    .handle(request)
    .then((response) => {
      if (stream.destroyed || stream.closed) {
        if (response.kind === 'stream') response.start(closedSink);
        return;
      }
      respondStream(serving, stream, response, method === 'HEAD');
    })
    .catch(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
}

const noBody = new Uint8Array(0);

function servingOf(options: ListenerOptions, running: RunningRequests): Serving {
  const { maxBodyBytes, bodyTimeoutMs, maxBodiesBytes, maxUnreadBytes } = options;
  const budget = new ByteBudget(maxBodiesBytes, 'largest');
  const bodies = { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs, budget };
  return { ...options, running, bodies, unread: new ByteBudget(maxUnreadBytes, 'oldest') };
}

/** The bytes count as in memory until the request is finished. */
function bodyOf(
  { bodies }: Serving,
  stream: Readable,
  length: string | undefined,
  { onFinish }: Pick<IncomingRequest, 'onFinish'>,
): Promise<Uint8Array> {
  const holding: Holding = { bytes: 0 };
  onFinish.push(() => bodies.budget.release(holding));
  return readBody(stream, bodies, length, holding);
}

/** Counts an answer until its peer has read it. */
function countUnread(
  { unread }: Serving,
  peer: { once(event: 'close', listener: () => void): unknown },
  bytes: number,
  cut: () => void,
): void {
  if (bytes < smallAnswer) return;
  const holding: Holding = { bytes: 0, giveWay: cut };
  peer.once('close', () => unread.release(holding));
  unread.grow(holding, bytes);
}

function respondStream(serving: Serving, stream: ServerHttp2Stream, response: ApiResponse, headOnly: boolean): void {
  const head: Record<string, string | number> = { ':status': response.status, ...response.headers };
  if (response.kind === 'complete') {
    const { body } = response;
    if (body === undefined || headOnly) {
      stream.respond(head, { endStream: true });
      return;
    }
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    head['content-length'] = length;
    stream.respond(head);
    stream.end(body);
    countUnread(serving, stream, length, () => stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM));
    return;
  }
  stream.respond(head);
  response.start({
    write: (chunk) => stream.writable && stream.write(chunk),
    end: () => stream.end(),
    bufferedBytes: () => stream.writableLength,
    onClose: (listener) => {
      if (stream.destroyed) listener();
      else stream.once('close', listener);
    },
    abort: () => stream.close(http2.constants.NGHTTP2_CANCEL),
  });
}

/** For streams whose peer is already gone: tells the producer at once. */
const closedSink: ResponseSink = {
  write: () => false,
  end: () => undefined,
  bufferedBytes: () => 0,
  onClose: (listener) => listener(),
  abort: () => undefined,
};

function serveHttp1(serving: Serving, message: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => undefined);
  const request = new HttpRequest({
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    headers: message.headers as Record<string, string | undefined>,
    socket: message.socket as TLSSocket,
    carrier: response,
    running: serving.running,
    readBody: () => bodyOf(serving, message, message.headers['content-length'], request),
  });
  void serving
    .handle(request)
    .then((answer) => respondHttp1(serving, response, answer, message.method === 'HEAD'))
    .catch(() => response.destroy());
}

function respondHttp1(serving: Serving, response: ServerResponse, answer: ApiResponse, headOnly: boolean): void {
  if (response.destroyed) {
    if (answer.kind === 'stream') answer.start(closedSink);
    return;
  }
  if (answer.kind === 'complete') {
    const { body } = answer;
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
    response.end(headOnly ? undefined : body);
    if (!headOnly) countUnread(serving, response, length, () => response.destroy());
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.flushHeaders();
  answer.start({
    write: (chunk) => response.write(chunk),
    end: () => response.end(),
    bufferedBytes: () => response.writableLength,
    onClose: (listener) => {
      if (response.destroyed) listener();
      else response.once('close', listener);
    },
    abort: () => response.destroy(),
  });
}
