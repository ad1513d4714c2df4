import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { combinedCrc32, shiftOf } from './crc32-combine.ts';

it('the checksum of two texts together comes from those of each', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ maxLength: 3000 }), (first, second) => {
      const both = crc32(second, crc32(first));
      expect(combinedCrc32(crc32(first), crc32(second), shiftOf(second.length))).toBe(both);
    }),
  );
  const long = Buffer.alloc(5_000_000, 'text');
  expect(combinedCrc32(crc32('head'), crc32(long), shiftOf(long.length))).toBe(crc32(long, crc32('head')));
});
