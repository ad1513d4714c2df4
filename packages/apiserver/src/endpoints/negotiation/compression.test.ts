import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jsonResponse } from '../api-response.ts';
import { acceptsGzip, compressResponse, gzipOnce, gzipThresholdBytes } from './compression.ts';

const large = 'x'.repeat(gzipThresholdBytes);

describe('acceptsGzip', () => {
  it.each([
    ['gzip', true],
    ['deflate, gzip;q=0.5', true],
    ['GZIP, gzip', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0', false],
    ['br', false],
    ['xgzip', false],
    [undefined, false],
  ])('%s → %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

describe('compressResponse', () => {
  it('compresses large answers for clients that take gzip', async () => {
    const response = await compressResponse(jsonResponse(200, large), 'gzip');
    if (response.kind !== 'complete') throw new Error('expected a complete response');
    expect(response.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(gunzipSync(response.body as Buffer).toString()).toBe(large);
  });

  it('leaves small answers alone', async () => {
    const small = jsonResponse(200, large.slice(1));
    expect(await compressResponse(small, 'gzip')).toBe(small);
  });

  it('measures bytes, not characters', async () => {
    const text = 'ü'.repeat(gzipThresholdBytes / 2);
    expect((await compressResponse(jsonResponse(200, text), 'gzip')) as object).toMatchObject({
      headers: { 'content-encoding': 'gzip' },
    });
  });

  it('leaves streams and encoded answers alone', async () => {
    const stream = { kind: 'stream', status: 200, headers: {}, start: () => undefined } as const;
    expect(await compressResponse(stream, 'gzip')).toBe(stream);
    const encoded = jsonResponse(200, large, { 'content-encoding': 'gzip' });
    expect(await compressResponse(encoded, 'gzip')).toBe(encoded);
  });

  it('tells caches that the encoding varies when it sends a large answer as it is', async () => {
    const response = await compressResponse(jsonResponse(200, large, { vary: 'Accept' }), undefined);
    expect(response).toMatchObject({ body: large, headers: { vary: 'Accept, Accept-Encoding' } });
    expect(response.headers['content-encoding']).toBeUndefined();
  });
});

describe('gzipOnce', () => {
  it('compresses a body that is kept once', async () => {
    const body = Buffer.from(large);
    const first = await gzipOnce(body);
    expect(gunzipSync(first).toString()).toBe(large);
    expect(await gzipOnce(body)).toBe(first);
    expect(await gzipOnce(Buffer.from(large))).not.toBe(first);
  });
});
