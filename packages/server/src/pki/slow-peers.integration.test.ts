import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { type Listener, listen } from '@canopy/apiserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servingCertificate } from './certificates.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'canopy-'));
let listener: Listener;

beforeAll(async () => {
  const { cert, key } = await servingCertificate(directory, ['127.0.0.1'], Date.now());
  listener = await listen({
    host: '127.0.0.1',
    port: 0,
    cert,
    key,
    maxBodyBytes: 1000,
    bodyTimeoutMs: 50,
    handshakeTimeoutMs: 1000,
    idleTimeoutMs: 50,
    handle: async () => ({ kind: 'complete', status: 200, headers: {}, body: 'ok' }),
  });
});

afterAll(async () => {
  await listener.close(0);
  rmSync(directory, { recursive: true });
});

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
