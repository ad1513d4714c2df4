import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import type { StatusError } from '@canopy/apimachinery';
import { type ApiResponse, type IncomingRequest, type Listener, listen, statusResponse } from '@canopy/apiserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servingCertificate } from './certificates.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'canopy-'));
const largeAnswer = 100_000;
let listener: Listener;

beforeAll(async () => {
  const { cert, key } = await servingCertificate(directory, ['127.0.0.1'], Date.now());
  listener = await listen({
    host: '127.0.0.1',
    port: 0,
    cert,
    key,
    maxBodyBytes: 1000,
    maxBodiesBytes: 1500,
    maxUnreadBytes: 2 * largeAnswer + 1000,
    maxConnections: 6,
    bodyTimeoutMs: 5000,
    handshakeTimeoutMs: 1000,
    idleTimeoutMs: 500,
    stallTimeoutMs: 2000,
    async handle(request) {
      const answered = await answer(request);
      for (const done of request.onFinish) done(0);
      return answered;
    },
  });
});

afterAll(async () => {
  await listener.close(0);
  rmSync(directory, { recursive: true });
});

/** `/large` is larger than what a peer may leave unread at once; a POST is answered when its body has come. */
async function answer(request: IncomingRequest): Promise<ApiResponse> {
  try {
    if (request.method === 'POST') await request.body();
  } catch (error) {
    return statusResponse(error as StatusError);
  }
  return {
    kind: 'complete',
    status: 200,
    headers: {},
    body: request.path === '/large' ? Buffer.alloc(largeAnswer) : 'ok',
  };
}

/** Unlike `once`, whatever its error. */
function closed(peer: { once(event: 'close', listener: () => void): unknown } | undefined): Promise<void> {
  return new Promise((resolve) => peer?.once('close', () => resolve()));
}

async function connect(settings: http2.Settings = {}): Promise<http2.ClientHttp2Session> {
  const session = http2.connect(`https://127.0.0.1:${listener.port}`, { rejectUnauthorized: false, settings });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

/** What an HTTP/1.1 peer that sends this and no more is answered until the server closes the connection. */
async function answerTo(text: string): Promise<string> {
  const socket = tls.connect({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('a peer that stops in the middle of its headers', () => {
  it('is cut off in its first request', async () => {
    expect(await answerTo('GET / HTTP/1.1\r\nHost: x\r\nX-A: ')).toBe('');
  });

  it('is cut off in a later request of its connection', async () => {
    expect(await answerTo('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX-A: ')).toContain('200 OK');
  });
});

describe('peers that do not read large answers', () => {
  it('are cut off, the longest waiting first, when there are too many', async () => {
    const session = await connect({ initialWindowSize: 0 });
    const streams: http2.ClientHttp2Stream[] = [];
    for (let i = 0; i < 3; i++) {
      const stream = session.request({ ':path': '/large' });
      stream.on('error', () => undefined);
      streams.push(stream);
      await once(stream, 'response');
    }
    await closed(streams[0]);
    expect(streams.map(({ rstCode }) => rstCode)).toEqual([http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, 0]);
    session.destroy();
  });
});

describe('a peer that takes nothing of an answer, however small', () => {
  it('has its stream reset, and others of its connection are answered', async () => {
    const session = await connect({ initialWindowSize: 0 });
    const stalled = session.request({ ':path': '/' });
    stalled.on('error', () => undefined);
    const [headers] = (await once(stalled, 'response')) as [http2.IncomingHttpHeaders];
    expect(headers[':status']).toBe(200);
    await closed(stalled);
    expect(stalled.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
    const empty = session.request({ ':method': 'HEAD', ':path': '/' });
    expect(((await once(empty, 'response')) as [http2.IncomingHttpHeaders])[0][':status']).toBe(200);
    session.destroy();
  });
});

describe('bodies that are too many at once', () => {
  it('are refused with 429 beginning with the largest; small ones get through', async () => {
    const session = await connect();
    const post = (text: string): http2.ClientHttp2Stream => {
      const stream = session.request({ ':method': 'POST', ':path': '/' });
      stream.on('error', () => undefined);
      stream.write(text);
      return stream;
    };
    const large = [post('x'.repeat(900)), post('x'.repeat(800))] as const;
    const [refused] = (await once(large[0], 'response')) as [http2.IncomingHttpHeaders];
    expect(refused[':status']).toBe(429);
    expect(refused['retry-after']).toBe('1');
    const small = post('x').end();
    const [served] = (await once(small, 'response')) as [http2.IncomingHttpHeaders];
    expect(served[':status']).toBe(200);
    session.destroy();
  });

  it('are refused with 413 one by one', async () => {
    const session = await connect();
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    stream.on('error', () => undefined);
    stream.end('x'.repeat(1001));
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    expect(headers[':status']).toBe(413);
    session.destroy();
  });
});

describe('a body that is dripped in', () => {
  it('is given up after its time', async () => {
    const session = await connect();
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    stream.on('error', () => undefined);
    const drip = setInterval(() => stream.write('x'), 200);
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    clearInterval(drip);
    expect(headers[':status']).toBe(504);
    session.destroy();
  });
});

describe('connections beyond the limit', () => {
  it('are closed at once, and those that were there go on', async () => {
    const kept = await connect();
    const sockets = Array.from({ length: 10 }, () => {
      const socket = tls.connect({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => undefined);
      return socket;
    });
    await Promise.all(sockets.slice(6).map((socket) => closed(socket)));
    const stream = kept.request({ ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    expect(headers[':status']).toBe(200);
    for (const socket of sockets) socket.destroy();
    kept.destroy();
  });
});
