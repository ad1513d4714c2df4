import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../key-order.ts';
import type { Revision, StorageKey } from '../storage.ts';
import type { MovedIndexRow, MovedObject, StoreExport } from './store-place.ts';
import { verifyMove } from './verify-move.ts';

const word = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', 'é', '/') });
const objects = fc
  .uniqueArray(
    fc.record({
      key: word.map((text) => `/${text}` as StorageKey),
      value: fc.uint8Array({ maxLength: 4 }),
      indexes: fc.array(fc.record({ index: word, value: word }), { maxLength: 3 }),
    }),
    { selector: ({ key }) => key, minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list
      .map((object): MovedObject => ({ ...object, createRevision: 1, modRevision: 1, lease: undefined }))
      .sort((a, b) => compareKeys(a.key, b.key)),
  );

function rowsOf(list: readonly MovedObject[]): MovedIndexRow[] {
  const rows = list.flatMap(({ key, indexes }) => indexes.map((entry) => ({ ...entry, key })));
  return [...new Map(rows.map((row) => [JSON.stringify([row.index, row.value, row.key]), row])).values()].reverse();
}

async function* pages<T>(list: readonly T[], size: number): AsyncGenerator<T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size);
}

function exported(list: readonly MovedObject[], rows: readonly MovedIndexRow[] = rowsOf(list)): StoreExport {
  return {
    source: 'test',
    revision: 1 as Revision,
    count: async () => list.length,
    objects: () => pages(list, 2),
    indexRows: () => pages(rows, 3),
    checkUnused: async () => undefined,
    close: async () => undefined,
  };
}

describe('the comparison after a move', () => {
  it('finds nothing where both sides have the same, however it is paged, and the rows in whatever order', () =>
    fc.assert(
      fc.asyncProperty(objects, async (list) => {
        const turned = list.map((object) => ({ ...object, modRevision: 7, indexes: [...object.indexes].reverse() }));
        const one = await verifyMove(pages(list, 3), exported(turned));
        const other = await verifyMove(pages(list, 1), exported(list));
        expect(one).toEqual(other);
        expect(one).toMatchObject({ objects: list.length, indexRows: rowsOf(list).length, expired: 0 });
      }),
    ));

  it('finds an object that is lost, doubled under another key or changed, and an index row too few or too many', () =>
    fc.assert(
      fc.asyncProperty(objects, fc.nat(), async (list, n) => {
        const at = n % list.length;
        const damaged = list[at] as MovedObject;
        const others = list.toSpliced(at, 1);
        const rows = rowsOf(list);
        const added = { ...damaged, key: `${damaged.key}!` as StorageKey };
        const changed = { ...damaged, value: Uint8Array.from([...damaged.value, 0]) };
        const targets = [
          exported(others),
          exported([...list, added].sort((a, b) => compareKeys(a.key, b.key))),
          exported(list.toSpliced(at, 1, changed)),
          exported(list, [...rows, { index: 'x', value: 'y', key: damaged.key }]),
          ...(rows.length > 0
            ? [exported(list, rows.slice(1)), exported(list, [...rows.slice(1), wrong(rows[0])])]
            : []),
        ];
        for (const target of targets) await expect(verifyMove(pages(list, 2), target)).rejects.toThrow(/the target/);
      }),
    ));

  it('misses no object whose time is over, and every one whose time is not', async () => {
    const leased = (expiresAt: number): MovedObject => ({
      key: '/leased' as StorageKey,
      value: new Uint8Array(),
      createRevision: 1,
      modRevision: 1,
      indexes: [],
      lease: { id: 1, ttlMs: 1000, expiresAt },
    });
    const nothing = exported([]);
    expect(await verifyMove(pages([leased(0)], 1), nothing)).toMatchObject({ objects: 0, expired: 1 });
    await expect(verifyMove(pages([leased(Date.now() + 3_600_000)], 1), nothing)).rejects.toThrow('is missing');
    const forever = { ...leased(Date.now() + 3_600_000), lease: undefined };
    const target = exported([forever]);
    await expect(verifyMove(pages([leased(Date.now() + 3_600_000)], 1), target)).rejects.toThrow('a lease on one side');
  });
});

function wrong(row: MovedIndexRow | undefined): MovedIndexRow {
  return { index: 'a', key: '/a', ...row, value: `${row?.value}!` };
}
