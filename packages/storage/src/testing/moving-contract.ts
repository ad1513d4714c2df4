import { expect, it } from 'vitest';
import { type MoveResult, moveStore } from '../moving/move-store.ts';
import type { StoreImport, StorePlace } from '../moving/store-place.ts';
import type { Revision, Storage } from '../storage.ts';
import { applied, bytes, entries, expectStorageError, key, put, Recorder, remove, text } from './contract-fixture.ts';

/** A place where there is nothing yet. */
export interface PlaceHarness {
  place: StorePlace;
  /** Opens the store there as a server does. */
  open(): Promise<Storage>;
}

export type FreshPlace = () => PlaceHarness;

const jump = 1_000_000;

/** What a move must do whichever stores there are on both sides. Call it in a `describe`. */
export function movingContract(freshSource: FreshPlace, freshTarget: FreshPlace): void {
  const move = (source: PlaceHarness, target: PlaceHarness, place: StorePlace = target.place): Promise<MoveResult> =>
    moveStore({ from: source.place, to: place, revisionJump: jump });

  it('brings every object with its index rows, and nothing that was deleted', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    const before = await filled(source);
    const result = await move(source, target);
    expect(result).toMatchObject({ objects: 5, indexRows: 5, expired: 0, resumedAfter: 0 });
    const storage = await target.open();
    expect(entries(await storage.range('/'))).toEqual(before.entries);
    expect([...((await storage.get(key('/bytes')))?.value ?? [])]).toEqual([0, 255, 1]);
    expect(entries(await storage.rangeIndex('color', 'red'))).toEqual(['/a=1', '/b=2']);
    expect(await storage.indexValues('color', '')).toEqual(['blue', 'red']);
    expect(await storage.count('/')).toBe(5);
    await put(storage, '/a', '2', { indexes: [{ index: 'color', value: 'green' }] });
    await remove(storage, '/b');
    expect(entries(await storage.rangeIndex('color', 'red'))).toEqual([]);
    expect(entries(await storage.rangeIndex('color', 'green'))).toEqual(['/a=2']);
    await storage.close();
  });

  it('goes on above every revision of the source, and tells who comes with one of those that it is gone', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    const before = await filled(source);
    const { revision, sourceRevision } = await move(source, target);
    expect(sourceRevision).toBeGreaterThanOrEqual(before.revision);
    expect(revision).toBeGreaterThanOrEqual(sourceRevision + jump);
    const storage = await target.open();
    expect(await storage.currentRevision()).toBeGreaterThanOrEqual(revision);
    const compacted = await storage.compactedRevision();
    expect(compacted).toBeGreaterThan(sourceRevision);
    for (const old of [1, before.revision, sourceRevision, sourceRevision + 1] as Revision[]) {
      await expectStorageError(Recorder.follow(storage, old), 'RevisionCompacted');
      await expectStorageError(storage.range('/', { revision: old }), 'RevisionCompacted');
    }
    const listed = await storage.range('/');
    const recorder = await Recorder.follow(storage, listed.revision);
    const next = await put(storage, '/new', 'n');
    expect(next).toBeGreaterThan(listed.revision);
    await recorder.reached(next);
    expect(recorder.lines).toEqual([`${next} put /new=n`]);
    const revisions = listed.items.map(({ modRevision }) => modRevision);
    expect(new Set(revisions).size).toBe(revisions.length);
    const stale = { key: key('/a'), modRevision: before.revision };
    expect(await storage.transact({ compares: [stale], operations: [] })).toMatchObject({ succeeded: false });
    recorder.close();
    await storage.close();
  });

  it('lets objects expire when they would have', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    const from = await source.open();
    const soon = await from.grantLease(3);
    const late = await from.grantLease(3600);
    const indexes = [{ index: 'i', value: 'v' }];
    await put(from, '/late', 'l', { lease: late, indexes });
    await put(from, '/soon', 's', { lease: soon, indexes });
    await put(from, '/stays', 's', { indexes });
    await from.close();
    await move(source, target);
    const storage = await target.open();
    const deadline = Date.now() + 15_000;
    while ((await storage.count('/')) > 2 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
    expect(entries(await storage.range('/'))).toEqual(['/late=l', '/stays=s']);
    expect(entries(await storage.rangeIndex('i', 'v'))).toEqual(['/late=l', '/stays=s']);
    await storage.close();
  });

  it('goes on where it was interrupted, and keeps servers off until then', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    const before = await filled(source, 3000);
    await expect(move(source, target, interruptedAfter(target.place, 1))).rejects.toThrow('interrupted');
    await expectStorageError(target.open(), 'StorageFailed');
    const result = await move(source, target);
    expect(result.resumedAfter).toBeGreaterThan(0);
    expect(result.resumedAfter).toBeLessThan(3005);
    expect(result.objects).toBe(3005);
    const storage = await target.open();
    expect(entries(await storage.range('/'))).toEqual(before.entries);
    await storage.close();
  });

  it('goes on when it was interrupted before a page, while it compared, or before its very last step', async () => {
    for (const [when, interrupted] of Object.entries(interruptions)) {
      const [source, target] = [freshSource(), freshTarget()];
      const before = await filled(source);
      await expect(move(source, target, interrupted(target.place)), when).rejects.toThrow('interrupted');
      await expectStorageError(target.open(), 'StorageFailed');
      expect(await move(source, target), when).toMatchObject({ objects: 5, indexRows: 5 });
      const storage = await target.open();
      expect(entries(await storage.range('/')), when).toEqual(before.entries);
      await storage.close();
    }
  });

  it('answers the same once more when it had just finished, and not when the target was used since', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    await filled(source);
    const first = await move(source, target);
    expect(await move(source, target)).toEqual({ ...first, resumedAfter: first.objects });
    const storage = await target.open();
    await put(storage, '/new', 'n');
    await storage.close();
    await expectStorageError(move(source, target), 'InvalidArgument');
  });

  it('does not touch a target that holds a store, or a part of another one', async () => {
    const [source, other, target, half] = [freshSource(), freshSource(), freshTarget(), freshTarget()];
    await filled(source);
    await filled(other);
    const storage = await target.open();
    await put(storage, '/mine', 'm');
    await storage.close();
    await expectStorageError(move(source, target), 'InvalidArgument');
    const again = await target.open();
    expect(entries(await again.range('/'))).toEqual(['/mine=m']);
    await again.close();
    await expect(move(source, half, interruptedAfter(half.place, 1))).rejects.toThrow('interrupted');
    await expectStorageError(move(other, half), 'InvalidArgument');
    await expect(move(other, half)).rejects.toThrow('another source');
  });

  it('does not move a store that is in use, or was changed between two attempts', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    await filled(source);
    const used = await source.open();
    await put(used, '/used', 'u');
    await expectStorageError(move(source, target), 'StorageFailed');
    await used.close();
    await expect(move(source, target, interruptedAfter(target.place, 1))).rejects.toThrow('interrupted');
    const changing = await source.open();
    await put(changing, '/a', 'changed');
    await changing.close();
    await expectStorageError(move(source, target), 'StorageFailed');
    await expectStorageError(target.open(), 'StorageFailed');
  });

  it('does not move a store from which something was deleted between two attempts, and nothing else done', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    await filled(source);
    await expect(move(source, target, interruptedAfter(target.place, 1))).rejects.toThrow('interrupted');
    const changing = await source.open();
    await remove(changing, '/a');
    await changing.close();
    await expectStorageError(move(source, target), 'StorageFailed');
    await expectStorageError(target.open(), 'StorageFailed');
  });

  it('does not move to a store that is in use, and disturbs nobody there', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    await filled(source);
    const used = await target.open();
    await put(used, '/mine', 'm');
    await expect(move(source, target)).rejects.toThrow(/in use|is already open/);
    expect(entries(await used.range('/'))).toEqual(['/mine=m']);
    await put(used, '/mine', 'n');
    await used.close();
  });

  it('refuses a distance that would leave no room for further revisions', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    await filled(source);
    const options = { from: source.place, to: target.place, revisionJump: 2 ** 52 };
    await expectStorageError(moveStore(options), 'InvalidArgument');
    expect(await target.place.knownMove()).toBeUndefined();
  });

  it('finds what did not arrive as it was, and then does not finish', async () => {
    for (const [what, tamper] of Object.entries(damages)) {
      const [source, target] = [freshSource(), freshTarget()];
      await filled(source);
      await expect(move(source, target, tampered(target.place, tamper)), what).rejects.toThrow(/the target/);
      await expectStorageError(target.open(), 'StorageFailed');
    }
  });

  it('does not make a store of nothing', async () => {
    const [source, target] = [freshSource(), freshTarget()];
    await expectStorageError(move(source, target), 'StorageFailed');
    expect(await target.place.knownMove()).toBeUndefined();
  });
}

/** A store with some objects, and many others besides. */
async function filled(source: PlaceHarness, others = 0): Promise<{ revision: Revision; entries: string[] }> {
  const storage = await source.open();
  await put(storage, '/gone', 'x', { indexes: [{ index: 'color', value: 'red' }] });
  await put(storage, '/a', '0', { indexes: [{ index: 'color', value: 'black' }] });
  await put(storage, '/a', '1', { indexes: [{ index: 'color', value: 'red' }] });
  await remove(storage, '/gone');
  await storage.transact({
    compares: [],
    operations: [
      { type: 'put', key: key('/b'), value: bytes('2'), indexes: [{ index: 'color', value: 'red' }] },
      {
        type: 'put',
        key: key('/ü/€/😀'),
        value: bytes(''),
        indexes: ['blue', 'red'].map((value) => ({ index: value === 'red' ? 'tone' : 'color', value })),
      },
      { type: 'put', key: key('/bytes'), value: Uint8Array.from([0, 255, 1]), indexes: [] },
    ],
  });
  const revision = await put(storage, '/w/last', 'l', { indexes: [{ index: 'a', value: '' }] });
  for (let i = 0; i < others; i += 500) {
    const operations = Array.from({ length: Math.min(500, others - i) }, (_, n) => ({
      type: 'put' as const,
      key: key(`/many/${i + n}`),
      value: bytes(`${i + n}`.padEnd(100, '.')),
      indexes: [{ index: 'tens', value: String(Math.floor((i + n) / 10)) }],
    }));
    applied(await storage.transact({ compares: [], operations }));
  }
  const found = entries(await storage.range('/'));
  await storage.close();
  return { revision, entries: found };
}

type Put = StoreImport['put'];

function withPut(place: StorePlace, change: (put: Put) => Put): StorePlace {
  return withImport(place, 'put', (target) => change((objects) => target.put(objects)));
}

/** `replace` gives what the import has instead of one of its methods. */
function withImport<K extends 'put' | 'arrived' | 'finish'>(
  place: StorePlace,
  method: K,
  replace: (target: StoreImport) => StoreImport[K],
): StorePlace {
  return {
    name: place.name,
    extent: () => place.extent(),
    openExport: (revision) => place.openExport(revision),
    knownMove: () => place.knownMove(),
    async openImport(from, revisionJump) {
      const target = await place.openImport(from, revisionJump);
      const replaced = replace(target);
      return new Proxy(target, {
        get: (_, name) => {
          if (name === method) return replaced;
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    },
  };
}

function interruptedAfter(place: StorePlace, pages: number): StorePlace {
  let left = pages;
  return withPut(place, (put) => async (objects) => {
    await put(left > 0 ? objects.slice(0, Math.ceil(objects.length / 2)) : []);
    if (left-- <= 1) throw new Error('interrupted');
  });
}

const interruptions: Record<string, (place: StorePlace) => StorePlace> = {
  'before a page': (place) => interruptedAfter(place, 0),
  'before the comparison': (place) => withImport(place, 'arrived', () => interrupt),
  'before the last step': (place) => withImport(place, 'finish', () => interrupt),
};

function interrupt(): Promise<never> {
  return Promise.reject(new Error('interrupted'));
}

type Tamper = (objects: Parameters<Put>[0][number][]) => Parameters<Put>[0];

function tampered(place: StorePlace, tamper: Tamper): StorePlace {
  return withPut(place, (put) => (objects) => put(tamper([...objects])));
}

const damages: Record<string, Tamper> = {
  'a lost object': (objects) => objects.filter((object) => object.key !== '/b'),
  'the last object lost': (objects) => objects.slice(0, -1),
  'another value': (objects) =>
    objects.map((object) => (text(object.value) === '2' ? { ...object, value: bytes('3') } : object)),
  'another key': (objects) =>
    objects.map((object) => (object.key === '/w/last' ? { ...object, key: key('/w/lasu') } : object)),
  'a lost index row': (objects) => objects.map((object) => ({ ...object, indexes: object.indexes.slice(1) })),
};
