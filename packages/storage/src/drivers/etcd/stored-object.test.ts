import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StorageKey } from '../../storage.ts';
import { decodeObject, encodeObject } from './stored-object.ts';

const key = '/k' as StorageKey;
const nat = fc.nat(1023);
const rows = fc.array(fc.record({ index: fc.string(), value: fc.string({ unit: 'grapheme', maxLength: 300 }) }));

function item(value: Uint8Array) {
  return { key: new Uint8Array(), createRevision: 3, modRevision: 7, value, lease: 9 };
}

describe('an object in etcd', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array(), nat, nat, rows, (value, following, createdFollowing, entries) => {
        const bytes = encodeObject(value, { following, createdFollowing, rows: entries });
        const decoded = decodeObject(key, item(bytes));
        expect(Buffer.from(decoded.value).equals(value)).toBe(true);
        expect(decoded.state).toEqual({
          modified: 7,
          created: 3,
          following,
          createdFollowing,
          rows: entries,
          lease: 9,
        });
      }),
    );
  });

  it('that somebody else wrote is refused, or read without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          expect(decodeObject(key, item(bytes)).state.modified).toBe(7);
        } catch (error) {
          expect(error).toMatchObject({ code: 'StorageFailed' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
