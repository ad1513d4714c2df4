import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.ts';
import { BodyReading, type BodySource, readableBody } from './request-body.ts';

const budget = new ByteBudget(1000, 'largest');

function readBody(
  stream: PassThrough,
  limits: { maxBytes: number; timeoutMs: number },
  length: string | undefined,
): Promise<Buffer> {
  return Promise.resolve(new BodyReading(readableBody(stream), { ...limits, budget }).read(length));
}

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

  it('makes no promise for one that is there', () => {
    const there = (...chunks: string[]): BodySource => ({
      read(reader) {
        for (const chunk of chunks) reader.data(Buffer.from(chunk));
        reader.end();
      },
      discard: () => undefined,
      destroy: () => undefined,
    });
    const limits = { maxBytes: 100, timeoutMs: 60_000, budget: new ByteBudget(1000, 'largest') };
    const reading = new BodyReading(there('{"a":', '1}'), limits);
    expect(reading.read(undefined).toString()).toBe('{"a":1}');
    expect(new BodyReading(there(), limits).read(undefined)).toEqual(Buffer.alloc(0));
    expect(limits.budget.used).toBe(7);
    reading.release();
    expect(limits.budget.used).toBe(0);
  });

  it('refuses a body over the limit, declared or not', async () => {
    const limits = { maxBytes: 4, timeoutMs: 60_000 };
    await expect(readBody(new PassThrough(), limits, '5')).rejects.toMatchObject({ code: 413 });
    const stream = new PassThrough();
    stream.write('12345');
    await expect(readBody(stream, limits, undefined)).rejects.toMatchObject({ code: 413 });
    stream.end();
  });

  it('refuses the largest of too many bodies with 429 and keeps the others', async () => {
    const small = new ByteBudget(10, 'largest');
    const limits = { maxBytes: 100, timeoutMs: 60_000, budget: small };
    const streams = [new PassThrough(), new PassThrough()] as const;
    const [large, other] = streams.map((stream) => new BodyReading(readableBody(stream), limits).read(undefined));
    const refused = expect(large).rejects.toMatchObject({ code: 429, details: { retryAfterSeconds: 1 } });
    streams[0].write('12345678');
    await new Promise((resolve) => setImmediate(resolve));
    streams[1].end('1234');
    await refused;
    expect((await other)?.toString()).toBe('1234');
    expect(small.used).toBe(4);
  });
});
