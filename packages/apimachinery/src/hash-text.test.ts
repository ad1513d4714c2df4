import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base36, base36Padded, base62, base62Padded } from './hash-text.ts';

describe('hash text', () => {
  it.each([
    ['alice', 'v1u4alow0iv9'],
    ['bob', '2okdry95y5lkv'],
  ])('gives the home cluster of %s the name that kcp gives it', (user, name) => {
    expect(base36Padded(createHash('sha224').update(user).digest().subarray(0, 8))).toBe(name);
  });

  it('marks each leading zero byte in the padded form alone', () => {
    const bytes = new Uint8Array([0, 0, 1, 0]);
    expect([base36(bytes), base36Padded(bytes), base62(bytes), base62Padded(bytes)]).toEqual([
      '74',
      '0074',
      '48',
      '0048',
    ]);
    expect([base36(new Uint8Array(2)), base62Padded(new Uint8Array(2))]).toEqual(['', '00']);
  });

  it('uses lower case before upper case', () => {
    expect(base62(new Uint8Array([61]))).toBe('Z');
    expect(base62(new Uint8Array([10]))).toBe('a');
    expect(base62(new Uint8Array([62]))).toBe('10');
  });

  it('is as long as base 62 needs and tells different hashes apart', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 28, maxLength: 28 }),
        fc.uint8Array({ minLength: 28, maxLength: 28 }),
        (a, b) => {
          expect(base62Padded(a).length).toBeLessThanOrEqual(38 + 28);
          expect(base62Padded(a) === base62Padded(b)).toBe(Buffer.compare(a, b) === 0);
        },
      ),
    );
  });
});
