import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2, { type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { RawConnection } from './raw-connection.ts';
import { prepare } from './request-block.ts';

const user = { token: 'token-of-reader' };
let canopy: RunningServer;
let echo: Http2SecureServer;
let echoUrl: string;

beforeAll(async () => {
  canopy = await startServer({ users: [{ name: 'reader', groups: ['system:kcp:admin'] }] });
  const pem = (name: string): string => readFileSync(path.join(canopy.rootDirectory, name), 'utf8');
  echo = http2.createSecureServer({ cert: pem('serving.crt'), key: pem('serving.key') });
  // Says how long the body was and what it was, with the status and after as many bytes as the path asks for.
  echo.on('stream', (stream: ServerHttp2Stream, headers) => {
    const hash = createHash('sha256');
    stream.on('data', (chunk: Buffer) => hash.update(chunk));
    stream.on('error', () => undefined);
    stream.on('end', () => {
      const [, status = '200', bytes = '0'] = (headers[':path'] ?? '').split('/');
      if (status === 'reset') return stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      stream.respond({ ':status': Number(status), 'x-token': headers.authorization ?? '' });
      if (Number(bytes) > 0) stream.write(Buffer.alloc(Number(bytes), 'x'));
      return stream.end(hash.digest('hex'));
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  echoUrl = `https://127.0.0.1:${(echo.address() as AddressInfo).port}`;
});

afterAll(async () => {
  echo.close();
  await canopy.stop();
});

it('Bodies far above all windows arrive as they were sent, many at once, and long answers are read to their end', async () => {
  const connection = await RawConnection.open({ url: echoUrl, ca: canopy.ca });
  const sizes = [0, 1, 16_384, 16_385, 70_000, 3_000_000];
  const answers = await Promise.all(
    sizes.map((size) => ask(connection, prepare(user, 'POST', '/201/100000', Buffer.alloc(size, 'b')))),
  );
  for (const [i, { status, body }] of answers.entries()) {
    expect(status).toBe(201);
    expect(body.length).toBe(100_000 + 64);
    const sent = createHash('sha256').update(Buffer.alloc(sizes[i] as number, 'b'));
    expect(body.subarray(100_000).toString()).toBe(sent.digest('hex'));
  }
  connection.destroy();
});

it('More than the whole window of a connection can be read', async () => {
  const connection = await RawConnection.open({ url: echoUrl, ca: canopy.ca });
  for (let round = 0; round < 5; round++) {
    const got = await new Promise<{ status: number; bytes: number }>((resolve) =>
      connection.send(prepare(user, 'GET', '/200/30000000'), (status, bytes) => resolve({ status, bytes })),
    );
    expect(got).toEqual({ status: 200, bytes: 30_000_064 });
  }
  connection.destroy();
});

it('Statuses of every kind are told apart, and failures are status 0', async () => {
  const connection = await RawConnection.open({ url: echoUrl, ca: canopy.ca });
  for (const status of [200, 201, 404, 409, 429, 503])
    expect((await ask(connection, prepare(user, 'GET', `/${status}`))).status).toBe(status);
  expect((await ask(connection, prepare(user, 'GET', '/reset'))).status).toBe(0);
  const cut = ask(connection, prepare(user, 'GET', '/200/30000000'));
  connection.destroy();
  expect((await cut).status).toBe(0);
  expect((await ask(connection, prepare(user, 'GET', '/200'))).status).toBe(0);
});

it('Several users on one connection are not confused, in whatever order they come', async () => {
  const connection = await RawConnection.open({ url: canopy.url, ca: canopy.ca });
  const at = '/clusters/root/api/v1/namespaces/default/configmaps';
  const configMap = (name: string): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  const stranger = { token: 'nobody' };
  for (let round = 0; round < 3; round++) {
    const [made, refused, read] = await Promise.all([
      ask(connection, prepare(user, 'POST', at, configMap(`raw-${round}`))),
      ask(connection, prepare(stranger, 'GET', at)),
      ask(connection, prepare(user, 'GET', `${at}/none`)),
    ]);
    expect([made?.status, refused?.status, read?.status]).toEqual([201, 401, 404]);
    expect(JSON.parse(made?.body.toString() ?? '').metadata.name).toBe(`raw-${round}`);
  }
  connection.destroy();
});

it('A request that is taken back ends at once, and the connection goes on', async () => {
  const connection = await RawConnection.open({ url: canopy.url, ca: canopy.ca });
  const at = '/clusters/root/api/v1/namespaces/default/configmaps';
  const ended = await new Promise<number>((resolve) => {
    const cancel = connection.sendAndCancel(prepare(user, 'GET', `${at}?watch=true`), resolve, {
      head: () => cancel(),
    });
  });
  expect(ended).toBe(0);
  expect((await ask(connection, prepare(user, 'GET', at))).status).toBe(200);
  connection.destroy();
});
