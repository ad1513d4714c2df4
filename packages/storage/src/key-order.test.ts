import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, prefixEnd, rangeStart } from './key-order.ts';

const text = fc
  .string({ unit: 'binary', maxLength: 6 })
  .filter((value) => value.isWellFormed() && !value.includes('\u0000'));

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('has the keys of a prefix between the prefix and its end', () => {
    fc.assert(
      fc.property(text, text, (prefix, key) => {
        const end = prefixEnd(prefix);
        const between = compareKeys(key, prefix) >= 0 && (end === undefined || compareKeys(key, end) < 0);
        expect(between).toBe(key.startsWith(prefix));
      }),
    );
    expect(prefixEnd('a\ud7ff')).toBe('a\ue000');
    expect(prefixEnd('a\u{10ffff}')).toBe('b');
    expect(prefixEnd('\u{10ffff}')).toBeUndefined();
  });

  it('starts a page right behind the last key of the page before', () => {
    fc.assert(
      fc.property(text, text, text, (prefix, after, key) => {
        const behind = key.startsWith(prefix) && compareKeys(key, after) > 0;
        expect(key.startsWith(prefix) && compareKeys(key, rangeStart(prefix, after)) >= 0).toBe(behind);
      }),
    );
  });
});
