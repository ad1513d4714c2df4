import type { KubeObject } from '@canopy/apimachinery';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpTransport } from '../node/http/http-transport.ts';
import { RestClient } from '../rest/rest-client.ts';
import type { Warning } from '../rest/warning-header.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import type { Handler } from '../testing/tls-server.ts';
import { bodyText, startTlsServer } from '../testing/tls-server.ts';
import { DynamicClient } from './dynamic-client.ts';

const widgets = { group: 'example.com', version: 'v1', resource: 'widgets' };
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** What a server got, as `METHOD path type body`. */
async function recorded(answer: object, use: (client: DynamicClient) => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const client = await clientOf((request, response) => {
    void bodyText(request).then((body) => {
      seen.push([request.method, request.url, request.headers['content-type'] ?? '', body].join(' ').trim());
      response.end(JSON.stringify(answer));
    });
  });
  await use(client);
  return seen;
}

async function clientOf(handler: Handler, onWarning?: (warning: Warning) => void, timeoutMs?: number) {
  const server = await startTlsServer(handler);
  const transport = createHttpTransport({ server: server.url, tls: { ca: server.pem.cert } });
  cleanups.push(
    () => server.close(),
    () => transport.close(),
  );
  return new DynamicClient(new RestClient({ transport, onWarning, timeoutMs }));
}

const object: KubeObject = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'ns' } };

describe('a dynamic client', () => {
  it('says each verb as an API server expects it', async () => {
    const seen = await recorded(object, async (root) => {
      const all = root.cluster('root:org').resource<KubeObject>(widgets);
      const some = all.namespace('ns');
      await some.get('w');
      await all.create(object, { dryRun: true, fieldManager: 'me' });
      await all.update(object);
      await all.updateStatus(object);
      await some.patch('w', 'json', [{ op: 'test', path: '/a', value: 1 }]);
      await some.patch('w', 'merge', { a: 1 }, { subresource: 'status' });
      await some.patch('w', 'strategic', { a: 1 });
      await some.apply({ metadata: { name: 'w' } }, { fieldManager: 'me', force: true });
      await some.delete('w', { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } });
      await some.deleteCollection({ labelSelector: 'a=b' });
      await root.rest.json({ method: 'GET', path: '/version' });
    });
    const base = '/clusters/root:org/apis/example.com/v1/namespaces/ns/widgets';
    const body = JSON.stringify(object);
    expect(seen).toEqual([
      `GET ${base}/w`,
      `POST ${base}?dryRun=All&fieldManager=me application/json ${body}`,
      `PUT ${base}/w application/json ${body}`,
      `PUT ${base}/w/status application/json ${body}`,
      `PATCH ${base}/w application/json-patch+json [{"op":"test","path":"/a","value":1}]`,
      `PATCH ${base}/w/status application/merge-patch+json {"a":1}`,
      `PATCH ${base}/w application/strategic-merge-patch+json {"a":1}`,
      `PATCH ${base}/w?fieldManager=me&force=true application/apply-patch+yaml {"metadata":{"name":"w"}}`,
      `DELETE ${base}/w application/json {"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground","preconditions":{"uid":"u"}}`,
      `DELETE ${base}?labelSelector=a%3Db`,
      'GET /version',
    ]);
  });

  it('puts clusters behind the path of a virtual workspace, and in place of another cluster', () => {
    const rest = new RestClient({ transport: new MemoryApi(), basePath: '/services/apiexport/c/e/' });
    expect(rest.cluster('*').basePath).toBe('/services/apiexport/c/e/clusters/*');
    expect(rest.cluster('*').cluster('abc').basePath).toBe('/services/apiexport/c/e/clusters/abc');
    expect(rest.withBasePath('/clusters/root:a').cluster('root:b').clusterName).toBe('root:b');
  });

  it('walks through all pages as of the first', async () => {
    const api = new MemoryApi();
    for (let i = 0; i < 5; i++) api.put(`/clusters/a/apis/example.com/v1/namespaces/ns/widgets/w${i}`, object);
    const names: (string | undefined)[] = [];
    const resource = new DynamicClient(new RestClient({ transport: api })).cluster('a').resource(widgets);
    for await (const item of resource.items({ limit: 2 })) names.push(item.metadata.name);
    expect(names).toEqual(['w0', 'w1', 'w2', 'w3', 'w4']);
    expect(api.requests).toHaveLength(3);
  });

  it('turns a Status into a StatusError, and other answers into one with their code', async () => {
    const status = { kind: 'Status', code: 404, reason: 'NotFound', message: 'no w', details: { name: 'w' } };
    const client = await clientOf((request, response) => {
      response.statusCode = request.url.endsWith('/w') ? 404 : 503;
      response.end(request.url.endsWith('/w') ? JSON.stringify(status) : 'Not available.');
    });
    const resource = client.cluster('a').resource(widgets);
    await expect(resource.get('w')).rejects.toMatchObject({ code: 404, reason: 'NotFound', details: { name: 'w' } });
    await expect(resource.list()).rejects.toMatchObject({
      code: 503,
      reason: 'ServiceUnavailable',
      message: 'Not available.',
    });
  });

  it('waits as Retry-After says, and no longer than it is willing to', async () => {
    const clock = new FakeClock();
    let refusals = 2;
    let delay = '3';
    const transport = {
      request: () => {
        const status = refusals-- > 0 ? 429 : 200;
        const body = (async function* () {
          yield new TextEncoder().encode('{"ok":true}');
        })();
        return Promise.resolve({ status, headers: { 'retry-after': delay }, body });
      },
      close: () => Promise.resolve(),
    };
    const rest = new RestClient({ transport, clock });
    const answer = rest.json({ method: 'POST', path: '/x', body: {} });
    await clock.advance(5_999);
    expect(refusals).toBe(0);
    await clock.advance(1);
    expect(await answer).toEqual({ ok: true });
    refusals = 1;
    delay = '3600';
    await expect(rest.json({ method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 429,
      details: { retryAfterSeconds: 3600 },
    });
    refusals = 1;
    delay = '20';
    const controller = new AbortController();
    const aborted = rest.json({ method: 'GET', path: '/x', signal: controller.signal });
    await clock.advance(1);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  it('gives up after its timeout', async () => {
    const client = await clientOf(() => {}, undefined, 30);
    await expect(client.resource(widgets).list()).rejects.toMatchObject({ failure: 'timeout' });
  });

  it('hands on warnings', async () => {
    const warnings: string[] = [];
    const client = await clientOf(
      (_, response) => {
        response.setHeader('warning', ['299 - "one, \\"quoted\\""', '299 agent "two" "Sat, 01 Jan 2026 00:00:00 GMT"']);
        response.end('{}');
      },
      ({ text }) => warnings.push(text),
    );
    await client.resource(widgets).get('w');
    expect(warnings).toEqual(['one, "quoted"', 'two']);
  });

  it('gives the events of a watch, throws its errors, and ends the stream when left', async () => {
    let closed = 0;
    const client = await clientOf((request, response) => {
      response.once('close', () => closed++);
      const added = JSON.stringify({ type: 'ADDED', object });
      response.write(`${added}\n${added.slice(0, 20)}`);
      setTimeout(() => {
        response.write(
          `${added.slice(20)}\n{"type":"BOOKMARK","object":{"kind":"Widget","metadata":{"resourceVersion":"9"}}}\n`,
        );
        if (request.url.includes('resourceVersion=1')) {
          response.write(
            '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n',
          );
        }
      }, 10);
    });
    const resource = client.cluster('*').resource(widgets);
    const kinds: string[] = [];
    const failing = (async () => {
      for await (const event of resource.watch({ resourceVersion: '1', allowWatchBookmarks: true }))
        kinds.push(event.type);
    })();
    await expect(failing).rejects.toMatchObject({ code: 410, reason: 'Expired' });
    expect(kinds).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
    for await (const event of resource.watch()) if (event.type === 'BOOKMARK') break;
    await expect.poll(() => closed).toBe(2);
  });
});
