import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipPieces } from './gzip-pieces.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc.integer({ min: 0, max: 200_000 }).map((length) => Buffer.alloc(length, 'some text ')),
);

describe('a gzip member of pieces', () => {
  it('is what its parts are together', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, async (start, middle, end) => {
        const zipped = Buffer.concat(await gzipPieces(start, middle, end));
        expect(gunzipSync(zipped).equals(Buffer.concat([start, middle, end]))).toBe(true);
      }),
    );
  });

  it('compresses its middle once for many beginnings', async () => {
    const middle = Buffer.from('{"kind":"ConfigMap"}'.repeat(1000));
    const [, first] = await gzipPieces(Buffer.from('a'), middle, Buffer.from('!'));
    const [head, second, tail] = await gzipPieces(Buffer.from('b'), middle, Buffer.from('!'));
    expect(second).toBe(first);
    expect(first!.length).toBeLessThan(middle.length / 10);
    expect(gunzipSync(Buffer.concat([head!, second!, tail!])).toString()).toBe(`b${middle.toString()}!`);
  });
});
