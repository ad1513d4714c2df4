import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OpenApiDocuments, type OpenApiRequest } from './openapi-documents.ts';
import { fixtureResource, fixtureSurface, mixedResources, widgetSchema } from './testing/surface-fixture.ts';

const surface = fixtureSurface('mixed', mixedResources);
const make = (maxCacheBytes = 10_000_000): OpenApiDocuments =>
  new OpenApiDocuments({
    subresourcesOf: () => [],
    info: { title: 'Test', version: 'v1' },
    definitionNameOf: () => undefined,
    maxCacheBytes,
  });
const documents = make();
const request = (path: string, headers: OpenApiRequest['headers'] = {}, query = ''): OpenApiRequest => ({
  path,
  headers,
  query: new URLSearchParams(query),
  urlPrefix: '/clusters/root:org',
});
const ask = async (path: string, headers?: OpenApiRequest['headers'], query?: string) =>
  (await documents.answer(surface, request(path, headers, query)))!;
const index = async (from = surface, by = documents): Promise<Record<string, { serverRelativeURL: string }>> =>
  JSON.parse(String((await by.answer(from, request('/openapi/v3')))?.body)).paths;

describe('/openapi/v3', () => {
  it('links to the documents of all group versions under the prefix of the request', async () => {
    const paths = await index();
    expect(Object.keys(paths)).toEqual([
      'api/v1',
      'apis/authorization.k8s.io/v1',
      'apis/example.com/v1',
      'apis/example.com/v1alpha1',
    ]);
    expect(paths['api/v1']?.serverRelativeURL).toMatch(
      /^\/clusters\/root:org\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/,
    );
  });

  it('gives equal group versions of different surfaces the same hash, and different ones another', async () => {
    const changed = fixtureResource({
      group: 'example.com',
      plural: 'widgets',
      kind: 'Widget',
      origin: 'crd',
      versions: { v1: { schema: { ...widgetSchema, description: 'Changed.' } } },
    });
    const other = await index(fixtureSurface('other', [mixedResources[0]!, mixedResources[1]!, changed]));
    const before = await index();
    expect(other['api/v1']).toEqual(before['api/v1']);
    expect(other['apis/example.com/v1']).not.toEqual(before['apis/example.com/v1']);
  });
});

describe('/openapi/v3/<group version>', () => {
  const hashOf = async (path: string): Promise<string> =>
    new URL((await index())[path]!.serverRelativeURL, 'http://x').searchParams.get('hash')!;

  it('may be kept for ever when it is asked for by its hash', async () => {
    const hash = await hashOf('apis/example.com/v1');
    const response = await ask('/openapi/v3/apis/example.com/v1', {}, `hash=${hash}`);
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/json', etag: `"${hash}"` } });
    expect(response.headers['cache-control']).toBe('public, immutable, max-age=31536000');
    expect(JSON.parse(String(response.body)).openapi).toBe('3.0.0');
  });

  it('has to be asked for again without the hash, and redirects from an old one', async () => {
    expect((await ask('/openapi/v3/api/v1')).headers['cache-control']).toBe('no-cache, private');
    const response = await ask('/openapi/v3/api/v1', {}, 'hash=OLD');
    expect(response).toMatchObject({
      status: 301,
      headers: { location: (await index())['api/v1']?.serverRelativeURL },
    });
  });

  it('answers 304 to who has it', async () => {
    const hash = await hashOf('api/v1');
    const response = await ask('/openapi/v3/api/v1', { 'if-none-match': `"${hash}"` });
    expect(response).toMatchObject({ status: 304, body: undefined });
    expect(response.headers['content-type']).toBeUndefined();
  });

  it('is compressed for clients that take gzip', async () => {
    const response = await ask('/openapi/v3/api/v1', { 'accept-encoding': 'gzip' });
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(response.body as Buffer)).toEqual((await ask('/openapi/v3/api/v1')).body);
  });

  it('does not exist for what is not served', async () => {
    expect(await documents.answer(surface, request('/openapi/v3/apis/nothing/v1'))).toBeUndefined();
    expect(await documents.answer(surface, request('/openapi/v4'))).toBeUndefined();
  });

  it('is JSON and nothing else', async () => {
    await expect(
      ask('/openapi/v3/api/v1', { accept: 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf' }),
    ).rejects.toMatchObject({ code: 406 });
  });
});

describe('/openapi/v2', () => {
  it.each([undefined, 'application/json, */*', '*/*'])('is JSON for Accept: %s', async (accept) => {
    const response = await ask('/openapi/v2', { accept });
    expect(response.headers['content-type']).toBe('application/json');
    expect(JSON.parse(String(response.body)).swagger).toBe('2.0');
  });

  it.each(['@', '.'])('is protobuf for clients that ask for it, written with %s', async (sign) => {
    const response = await ask('/openapi/v2', {
      accept: `application/com.github.proto-openapi.spec.v2${sign}v1.0+protobuf`,
    });
    expect(response.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect((response.body as Buffer).subarray(0, 5).toString('latin1')).toBe('\n\u00032.0');
  });

  it('has an entity tag per format', async () => {
    const json = (await ask('/openapi/v2')).headers['etag']!;
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    expect((await ask('/openapi/v2', { 'if-none-match': json })).status).toBe(304);
    expect((await ask('/openapi/v2', { 'if-none-match': json, accept })).status).toBe(200);
  });

  it('answers 406 to other formats', async () => {
    await expect(ask('/openapi/v2', { accept: 'text/html' })).rejects.toMatchObject({ code: 406 });
  });
});

describe('the memory of documents', () => {
  it('hands out the same bytes again', async () => {
    expect((await ask('/openapi/v2')).body).toBe((await ask('/openapi/v2')).body);
  });

  it('serves documents that are larger than its bound without keeping them', async () => {
    const small = make(1);
    const first = await small.answer(surface, request('/openapi/v2'));
    const second = await small.answer(surface, request('/openapi/v2'));
    expect(second?.body).toEqual(first?.body);
    expect(second?.body).not.toBe(first?.body);
  });
});
