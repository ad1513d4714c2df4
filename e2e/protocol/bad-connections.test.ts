import { once } from 'node:events';
import https from 'node:https';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CanopyProcess } from '../harness/canopy-process.ts';
import { within } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { configMaps, SteadyServer } from './steady-server.ts';

let steady: SteadyServer;
let rest: Rest;
let server: CanopyProcess;

beforeAll(async () => {
  steady = await SteadyServer.start();
  server = steady.process;
  rest = Rest.connect(server, 'root');
});
afterEach(() => steady.expectUnharmed(rest));
afterAll(async () => {
  rest.close();
  await steady.stop();
});

/** `once` would take a reset of the connection for a failure. */
function closed(socket: tls.TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('a connection', () => {
  const open = async (alpn: string): Promise<tls.TLSSocket> => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca: server.ca, ALPNProtocols: [alpn] });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };

  it('with huge headers is refused', async () => {
    const answer = await rest.get(configMaps, { 'x-large': 'x'.repeat(200_000) }).catch(() => undefined);
    if (answer !== undefined) expect(answer.status).toBeGreaterThanOrEqual(400);
    rest.close();
    rest = Rest.connect(server, 'root');
    const socket = await open('http/1.1');
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(200_000)}\r\n\r\n`);
    socket.resume();
    await within(10_000, 'the end of the connection', closed(socket));
  });

  it('that is not HTTP is closed', async () => {
    const socket = await open('http/1.1');
    socket.resume();
    socket.write('SSH-2.0-OpenSSH_9.9\r\n\r\n');
    await within(10_000, 'the end of the connection', closed(socket));
  });

  it('that sends half a body and goes away leaves nothing', async () => {
    const socket = await open('http/1.1');
    const token = server.adminToken();
    socket.write(
      `POST /clusters/root${configMaps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"metadata":{"name":"half"}`,
    );
    socket.destroySoon();
    const stream = rest.open('POST', configMaps, {
      body: undefined,
      headers: { 'content-type': 'application/json', 'content-length': '500' },
    });
    stream.on('error', () => undefined);
    stream.close();
    expect((await rest.get(`${configMaps}/half`)).status).toBe(404);
  });

  it('over HTTP/1.1 gets the same answers', async () => {
    const agent = new https.Agent({ ca: server.ca, keepAlive: false });
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${server.adminToken()}` };
      https
        .get(`${server.url}/clusters/root${configMaps}/absent`, { agent, headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += String(chunk);
          });
          response.on('end', () => resolve(body));
        })
        .on('error', reject);
    });
    expect(text).toBe((await rest.get(`${configMaps}/absent`)).text);
  });
});
