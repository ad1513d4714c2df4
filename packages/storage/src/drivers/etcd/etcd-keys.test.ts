import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../key-order.ts';
import { EtcdKeys } from './etcd-keys.ts';

const keys = new EtcdKeys('/canopy');
const text = fc
  .string({ unit: fc.constantFrom('/', 'a', 'b', '\u0001', '\uff01', '\u{1f600}', 'é'), maxLength: 4 })
  .filter((each) => each.isWellFormed());
const row = fc.record({ index: text, value: text, key: text });

function within(bytes: Uint8Array, range: { key: Uint8Array; rangeEnd: Uint8Array } | undefined): boolean {
  return range !== undefined && Buffer.compare(bytes, range.key) >= 0 && Buffer.compare(bytes, range.rangeEnd) < 0;
}

describe('keys in etcd', () => {
  it('of objects keep their order, and lie in the ranges of their prefixes', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, prefix) => {
        expect(keys.keyOf(keys.object(a))).toBe(a);
        expect(Math.sign(Buffer.compare(keys.object(a), keys.object(b)))).toBe(Math.sign(compareKeys(a, b)));
        expect(within(keys.object(a), keys.objects(prefix))).toBe(a.startsWith(prefix));
        expect(within(keys.object(a), keys.objects(prefix, b))).toBe(a.startsWith(prefix) && compareKeys(a, b) > 0);
        expect(within(keys.object(a), keys.watched)).toBe(true);
        expect(keys.isObject(keys.object(a))).toBe(true);
        expect(within(keys.receipts(a), keys.watched)).toBe(true);
        expect(keys.isObject(keys.receipts(a))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('of index rows lie in the ranges of their index, value and prefix, and nowhere else', () => {
    fc.assert(
      fc.property(row, row, text, (a, b, prefix) => {
        const bytes = keys.row(a, a.key);
        expect(keys.parseRow(a.index, bytes)).toEqual({ value: a.value, key: a.key });
        const sameValue = a.index === b.index && a.value === b.value;
        const among = keys.rows(b.index, b.value, prefix, b.key);
        expect(within(bytes, among)).toBe(sameValue && a.key.startsWith(prefix) && compareKeys(a.key, b.key) > 0);
        const ofValues = keys.rowsOfValues(b.index, prefix, b.value);
        expect(within(bytes, ofValues)).toBe(
          a.index === b.index && a.value.startsWith(prefix) && compareKeys(a.value, b.value) > 0,
        );
        expect(within(bytes, keys.watched)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
