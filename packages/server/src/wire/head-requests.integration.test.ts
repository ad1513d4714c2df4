import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { configMap, grant, letIn, makeAdmin, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const configMaps = '/api/v1/namespaces/default/configmaps';
/** More than a list without a limit has in its first piece, so that it is streamed. */
const count = 600;
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }, { name: 'getter' }] });
  await makeAdmin(server.admin, 'alice');
  await letIn(server.admin, 'getter');
  await grant(server.admin, 'get-only', 'getter', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]);
  for (let at = 0; at < count; at += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => server.admin.ok('POST', configMaps, configMap(`c-${at + i}`))),
    );
});
afterAll(() => server.stop());

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  bytes: number;
}

type Ask = (method: 'GET' | 'HEAD', path: string, user: string) => Promise<Answer>;

const overHttp2: Ask = async (method, path, user) => {
  const session = http2.connect(server.url, { ca: server.ca });
  const stream = session.request({ ':method': method, ':path': path, authorization: `Bearer token-of-${user}` });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  const bytes = await sizeOf(stream);
  session.close();
  return { status: Number(headers[':status']), headers, bytes };
};

const overHttp1: Ask = async (method, path, user) => {
  const headers = { authorization: `Bearer token-of-${user}` };
  const request = https.request(`${server.url}${path}`, { method, ca: server.ca, agent: false, headers }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: await sizeOf(response) };
};

async function sizeOf(body: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

/** What is the same whenever it is asked, and does not frame the body of HTTP/1.1. */
function lasting({ status, headers }: Answer): unknown {
  const { date: _date, 'audit-id': _audit, 'transfer-encoding': _framing, ...rest } = headers;
  return { status, headers: { ...rest } };
}

describe.each<[string, Ask]>([
  ['HTTP/2', overHttp2],
  ['HTTP/1.1', overHttp1],
])('HEAD over %s', (_, ask) => {
  it.each([
    ['an object', `${configMaps}/c-1`, 200],
    ['what is not there', `${configMaps}/none`, 404],
    ['a page of a list', `${configMaps}?limit=2`, 200],
    ['a list that is streamed', configMaps, 200],
    ['discovery', '/api/v1', 200],
    ['a health check', '/readyz', 200],
  ])('is answered as GET is, without the body: %s', async (_, path, status) => {
    const at = `/clusters/root${path}`;
    const [get, head] = [await ask('GET', at, 'alice'), await ask('HEAD', at, 'alice')];
    expect(get.status).toBe(status);
    expect(get.bytes).toBeGreaterThan(0);
    expect(lasting(head)).toEqual(lasting(get));
    expect(head.bytes).toBe(0);
  });

  it('of a watch ends', async () => {
    const head = await ask('HEAD', `/clusters/root${configMaps}?watch=true`, 'alice');
    expect(head).toMatchObject({ status: 200, bytes: 0 });
  });

  it('needs get for an object and list for a collection', async () => {
    expect(await ask('HEAD', `/clusters/root${configMaps}/c-1`, 'getter')).toMatchObject({ status: 200, bytes: 0 });
    expect(await ask('HEAD', `/clusters/root${configMaps}`, 'getter')).toMatchObject({ status: 403, bytes: 0 });
  });
});
