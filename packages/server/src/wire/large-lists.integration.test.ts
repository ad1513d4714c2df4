import { randomBytes } from 'node:crypto';
import http2, { type ClientHttp2Stream } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { makeAdmin, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const configMaps = '/api/v1/namespaces/default/configmaps';
const count = 1300;
const names = Array.from({ length: count }, (_, i) => `c-${String(i).padStart(4, '0')}`);
let server: RunningServer;

interface List {
  metadata: { resourceVersion: string; continue?: string };
  items: { metadata: { name: string } }[];
}

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }] });
  await makeAdmin(server.admin, 'alice');
  // Six megabytes altogether: more than a connection takes unread.
  const data = { text: randomBytes(2500).toString('hex') };
  for (let at = 0; at < count; at += 100)
    await Promise.all(
      names.slice(at, at + 100).map((name) => server.admin.ok('POST', configMaps, configMap(name, data))),
    );
});

afterAll(() => server.stop());

function configMap(name: string, data: object): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

function namesOf(list: List): string[] {
  return list.items.map((item) => item.metadata.name).filter((name) => name.startsWith('c-'));
}

async function openList(
  acceptEncoding: 'gzip' | 'identity',
): Promise<{ stream: ClientHttp2Stream; headers: Record<string, unknown> }> {
  const session = http2.connect(server.url, { ca: server.ca, settings: { initialWindowSize: 65_535 } });
  const stream = session.request({
    ':path': `/clusters/root${configMaps}`,
    authorization: 'Bearer token-of-alice',
    'accept-encoding': acceptEncoding,
  });
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once('response', (got) => resolve(got as Record<string, unknown>));
    stream.once('error', reject);
  });
  stream.once('close', () => session.close());
  return { stream, headers };
}

async function rest(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('a list of many objects without a limit', () => {
  it('has all of them, in the order of names', async () => {
    const list = (await server.admin.ok('GET', configMaps)) as unknown as List;
    expect(namesOf(list)).toEqual(names);
    expect(list.metadata.continue).toBeUndefined();
  });

  it('is compressed for clients that take it', async () => {
    const { stream, headers } = await openList('gzip');
    expect([headers['content-encoding'], headers['vary']]).toEqual(['gzip', 'Accept-Encoding']);
    expect(namesOf(JSON.parse(gunzipSync(await rest(stream)).toString()) as List)).toEqual(names);
  });

  it('takes selectors', async () => {
    await server.admin.ok('PATCH', `${configMaps}/c-1234`, { metadata: { labels: { odd: 'yes' } } });
    const list = (await server.admin.ok('GET', `${configMaps}?labelSelector=odd=yes`)) as unknown as List;
    expect(namesOf(list)).toEqual(['c-1234']);
    const others = (await server.admin.ok('GET', `${configMaps}?labelSelector=odd!=yes`)) as unknown as List;
    expect(namesOf(others)).toEqual(names.filter((name) => name !== 'c-1234'));
  });

  it('goes on from a continue token and from a resource version', async () => {
    const page = (await server.admin.ok('GET', `${configMaps}?limit=3`)) as unknown as List;
    const token = page.metadata.continue ?? '';
    const remainder = (await server.admin.ok('GET', `${configMaps}?continue=${token}`)) as unknown as List;
    expect([...namesOf(page), ...namesOf(remainder)]).toEqual(names);
    const { resourceVersion } = page.metadata;
    expect(remainder.metadata.resourceVersion).toBe(resourceVersion);
    await server.admin.ok('POST', configMaps, configMap('z', {}));
    const old = `${configMaps}?resourceVersion=${resourceVersion}`;
    const newer = (await server.admin.ok('GET', old)) as unknown as List;
    const exact = (await server.admin.ok('GET', `${old}&resourceVersionMatch=Exact`)) as unknown as List;
    expect(newer.items.some(({ metadata }) => metadata.name === 'z')).toBe(true);
    expect(exact.items.some(({ metadata }) => metadata.name === 'z')).toBe(false);
  });

  it('shows one state, whatever is written while the client reads', async () => {
    const { stream } = await openList('identity');
    await server.admin.ok('DELETE', `${configMaps}/c-1299`);
    await server.admin.ok('POST', configMaps, configMap('c-9999', {}));
    expect(namesOf(JSON.parse((await rest(stream)).toString()) as List)).toEqual(names);
  });
});
