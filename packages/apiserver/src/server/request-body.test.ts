import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from './request-body.ts';

describe('readBody', () => {
  it('gives up on a body that does not arrive in time', async () => {
    const stream = new PassThrough();
    stream.write('{"a":');
    await expect(readBody(stream, { maxBytes: 100, timeoutMs: 5 }, undefined)).rejects.toMatchObject({
      code: 504,
    });
  });

  it('collects what arrives in pieces', async () => {
    const stream = new PassThrough();
    const body = readBody(stream, { maxBytes: 100, timeoutMs: 60_000 }, undefined);
    stream.write('{"a":');
    stream.end('1}');
    expect((await body).toString()).toBe('{"a":1}');
  });

  it('refuses a body over the limit, declared or not', async () => {
    const limits = { maxBytes: 4, timeoutMs: 60_000 };
    await expect(readBody(new PassThrough(), limits, '5')).rejects.toMatchObject({ code: 413 });
    const stream = new PassThrough();
    stream.write('12345');
    await expect(readBody(stream, limits, undefined)).rejects.toMatchObject({ code: 413 });
    stream.end();
  });
});
