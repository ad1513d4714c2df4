import { afterEach, describe, expect, it } from 'vitest';
import { isConnectionError } from '../../rest/connection-error.ts';
import { readBody } from '../../rest/read-body.ts';
import type { Handler, TestServer, TestServerOptions } from '../../testing/tls-server.ts';
import { bodyText, selfSigned, startRelay, startTlsServer } from '../../testing/tls-server.ts';
import type { Transport } from '../../transport.ts';
import type { CredentialSource } from './credentials.ts';
import type { HttpTransportOptions } from './http-transport.ts';
import { createHttpTransport } from './http-transport.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(handler: Handler, options?: TestServerOptions): Promise<TestServer> {
  const server = await startTlsServer(handler, options);
  cleanups.push(() => server.close());
  return server;
}

function transportTo(server: TestServer, options: Partial<HttpTransportOptions> = {}): Transport {
  const transport = createHttpTransport({ server: server.url, tls: { ca: server.pem.cert }, ...options });
  cleanups.push(() => transport.close());
  return transport;
}

async function textOf(transport: Transport, path: string, signal?: AbortSignal): Promise<string> {
  const response = await transport.request({ method: 'GET', path, signal });
  return new TextDecoder().decode(await readBody(response.body));
}

const echo: Handler = (request, response) => {
  bodyText(request).then(
    (body) => response.end(`${request.httpVersion} ${request.method} ${request.url} ${body}`),
    () => {},
  );
};

describe('a transport over TLS', () => {
  it('prefers HTTP/2 and sends all requests over one connection', async () => {
    const server = await serve(echo);
    const transport = transportTo(server);
    const texts = await Promise.all(Array.from({ length: 50 }, (_, i) => textOf(transport, `/x?${i}`)));
    expect(texts[49]).toBe('2.0 GET /x?49 ');
    expect(server.sessions.size).toBe(1);
  });

  it('falls back to HTTP/1.1 when the server offers nothing else', async () => {
    const transport = transportTo(await serve(echo, { http1Only: true }));
    const response = await transport.request({ method: 'POST', path: '/a', body: 'hello' });
    expect(new TextDecoder().decode(await readBody(response.body))).toBe('1.1 POST /a hello');
    expect(await textOf(transport, '/b')).toBe('1.1 GET /b ');
  });

  it('rejects with a connection error when nobody listens, and works once somebody does', async () => {
    const first = await startTlsServer(echo);
    const port = Number(new URL(first.url).port);
    await first.close();
    const transport = transportTo(first);
    const failure = await textOf(transport, '/').catch((error: unknown) => error);
    expect(isConnectionError(failure, 'connect')).toBe(true);
    await serve(echo, { pem: first.pem, port });
    expect(await textOf(transport, '/')).toBe('2.0 GET / ');
  });

  it('refuses a certificate of another authority', async () => {
    const transport = transportTo(await serve(echo), { tls: { ca: (await selfSigned('other')).cert } });
    await expect(textOf(transport, '/')).rejects.toThrow(/certificate/);
  });

  it('checks the certificate against tls.serverName', async () => {
    const server = await serve(echo);
    const good = transportTo(server, { tls: { ca: server.pem.cert, serverName: 'localhost' } });
    expect(await textOf(good, '/')).toBe('2.0 GET / ');
    const bad = transportTo(server, { tls: { ca: server.pem.cert, serverName: 'elsewhere.example' } });
    await expect(textOf(bad, '/')).rejects.toThrow(/elsewhere\.example/);
  });

  it('opens more connections when the streams of one are taken, and none beyond the limit', async () => {
    const held: (() => void)[] = [];
    const hold: Handler = (_, response) => void held.push(() => response.end('done'));
    const server = await serve(hold, { maxConcurrentStreams: 2 });
    const transport = transportTo(server, { maxSessions: 2 });
    const first = textOf(transport, '/');
    await expect.poll(() => held.length).toBe(1);
    const rest = Array.from({ length: 5 }, () => textOf(transport, '/'));
    await expect.poll(() => held.length).toBe(4);
    expect(server.sessions.size).toBe(2);
    for (let i = 0; i < 6; i++) {
      await expect.poll(() => held.length).toBeGreaterThan(i);
      held[i]!();
    }
    expect(await Promise.all([first, ...rest])).toEqual(Array(6).fill('done'));
  });

  it('moves to a new connection after GOAWAY while the old one finishes its streams', async () => {
    const held: (() => void)[] = [];
    const handler: Handler = (request, response) => {
      if (request.url === '/slow') held.push(() => response.end('slow'));
      else response.end('quick');
    };
    const server = await serve(handler);
    const transport = transportTo(server);
    const slow = textOf(transport, '/slow');
    await expect.poll(() => held.length).toBe(1);
    const [old] = server.sessions;
    old!.goaway();
    await expect.poll(async () => `${await textOf(transport, '/')}${server.sessions.size}`).toBe('quick2');
    held[0]!();
    expect(await slow).toBe('slow');
  });

  it('connects again after the server dropped the connection', async () => {
    const server = await serve(echo);
    const transport = transportTo(server);
    await textOf(transport, '/');
    for (const session of server.sessions) session.destroy();
    expect(await textOf(transport, '/again')).toBe('2.0 GET /again ');
  });

  it.each(['h2', 'http/1.1'])('ends a stream on the server when its signal fires (%s)', async (protocol) => {
    let closed = false;
    const server = await serve(
      (_, response) => {
        response.once('close', () => {
          closed = true;
        });
        response.write('first\n');
      },
      { http1Only: protocol !== 'h2' },
    );
    const transport = transportTo(server);
    const controller = new AbortController();
    const response = await transport.request({ method: 'GET', path: '/', signal: controller.signal });
    const reason = new Error('enough');
    const seen: string[] = [];
    const reading = (async () => {
      for await (const piece of response.body) {
        seen.push(new TextDecoder().decode(piece));
        controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(seen).toEqual(['first\n']);
    await expect.poll(() => closed).toBe(true);
  });

  it.each(['h2', 'http/1.1'])('tells a response that was cut off from one that ended (%s)', async (protocol) => {
    const server = await serve(
      (request, response) => {
        response.write('half');
        setTimeout(
          () => (request.httpVersionMajor === 2 ? response.stream.session?.destroy() : request.socket.destroy()),
          20,
        );
      },
      { http1Only: protocol !== 'h2' },
    );
    const response = await transportTo(server).request({ method: 'POST', path: '/', body: '' });
    const failure = await readBody(response.body).catch((error: unknown) => error);
    expect(isConnectionError(failure, 'interrupted')).toBe(true);
  });

  it('lets the server wait while nobody reads', async () => {
    let written = 0;
    const piece = Buffer.alloc(64 << 10);
    const server = await serve((_, response) => {
      const more = () => {
        while (written < 64 << 20) {
          written += piece.length;
          if (!response.write(piece)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    });
    const transport = transportTo(server);
    const response = await transport.request({ method: 'GET', path: '/big' });
    const other = await transport.request({ method: 'GET', path: '/big' });
    let previous = -1;
    const stalled = () => {
      const same = previous === written;
      previous = written;
      return same;
    };
    await expect.poll(stalled, { interval: 100 }).toBe(true);
    expect(written).toBeLessThan(8 << 20);
    const sizes = await Promise.all([readBody(response.body), readBody(other.body)]);
    expect(sizes[0].length + sizes[1].length).toBeGreaterThanOrEqual(64 << 20);
  });

  it('gives up a connection whose peer answers no pings', async () => {
    let arrived = false;
    const server = await serve(() => {
      arrived = true;
    });
    const relay = await startRelay(server.url);
    cleanups.push(() => relay.close());
    const transport = transportTo({ ...server, url: relay.url }, { pingIntervalMs: 20, pingTimeoutMs: 200 });
    const answer = transport.request({ method: 'POST', path: '/', body: 'x' });
    await expect.poll(() => arrived).toBe(true);
    relay.freeze();
    const failure = await answer.catch((error: unknown) => error);
    expect(isConnectionError(failure, 'interrupted')).toBe(true);
  });

  it('presents the client certificate, and connects anew when that changes', async () => {
    const [one, two] = [await selfSigned('one'), await selfSigned('two')];
    const server = await serve(
      (request, response) => {
        const socket = request.stream.session!.socket as unknown as {
          getPeerCertificate(): { subject?: { CN?: string } };
        };
        response.end(socket.getPeerCertificate().subject?.CN ?? 'nobody');
      },
      { clientCa: `${one.cert}\n${two.cert}` },
    );
    let current = one;
    const auth: CredentialSource = {
      get: () => Promise.resolve({ headers: {}, clientCertificate: current }),
      reject: () => false,
    };
    const transport = transportTo(server, { auth });
    expect(await textOf(transport, '/')).toBe('one');
    current = two;
    expect(await textOf(transport, '/')).toBe('two');
  });

  it('asks once more with renewed credentials after a 401', async () => {
    const server = await serve((request, response) => {
      response.writeHead(request.headers['authorization'] === 'Bearer new' ? 200 : 401);
      response.end();
    });
    let token = 'old';
    const auth: CredentialSource = {
      get: () => Promise.resolve({ headers: { authorization: `Bearer ${token}` } }),
      reject: () => {
        token = 'new';
        return true;
      },
    };
    const response = await transportTo(server, { auth }).request({ method: 'POST', path: '/', body: '{}' });
    expect(response.status).toBe(200);
  });

  it('refuses requests after it was closed', async () => {
    const transport = transportTo(await serve(echo));
    await textOf(transport, '/');
    await transport.close();
    const failure = await textOf(transport, '/').catch((error: unknown) => error);
    expect(isConnectionError(failure, 'closed')).toBe(true);
  });
});
