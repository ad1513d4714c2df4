import { describe, expect, it } from 'vitest';
import type { Revision } from '../storage.ts';
import { entries, expectStorageError, key, put, remove, text } from './contract-fixture.ts';
import type { WithStorage } from './storage-contract.ts';

export function readContract(withStorage: WithStorage): void {
  describe('ranges', () => {
    it('have exactly the keys that start with the prefix, in byte order', () =>
      withStorage(async ({ storage }) => {
        for (const name of ['/a/2', '/a/10', '/b', '/a', '/a/1', '/a0', '/a/\uffee', '/a/\u{1f600}', '/a/é'])
          await put(storage, name, 'v');
        await remove(storage, '/a/10');
        expect((await storage.range('/a/')).items.map((item) => item.key)).toEqual([
          '/a/1',
          '/a/2',
          '/a/é',
          '/a/\uffee',
          '/a/\u{1f600}',
        ]);
        expect(await storage.count('/a/')).toBe(5);
        expect(await storage.count('/')).toBe(8);
        expect(await storage.count('')).toBe(8);
        expect(await storage.count('/c')).toBe(0);
        expect((await storage.range('/a/\u{1f600}')).items).toHaveLength(1);
      }));

    it('page by limit and after, at one revision while writes go on', () =>
      withStorage(async ({ storage }) => {
        for (const name of ['a', 'b', 'c', 'd', 'e']) await put(storage, `/k/${name}`, '1');
        const first = await storage.range('/k/', { limit: 2 });
        expect(first.more).toBe(true);
        await put(storage, '/k/d', '2');
        await remove(storage, '/k/c');
        await put(storage, '/k/bb', '2');
        const rest = await storage.range('/k/', {
          limit: 10,
          after: first.items.at(-1)?.key,
          revision: first.revision,
        });
        expect([...entries(first), ...entries(rest)]).toEqual(['/k/a=1', '/k/b=1', '/k/c=1', '/k/d=1', '/k/e=1']);
        expect(rest).toMatchObject({ more: false, revision: first.revision });
        const exact = await storage.range('/k/', { limit: 5 });
        expect(exact).toMatchObject({ more: false });
        expect(entries(await storage.range('/k/', { after: '/k/c' }))).toEqual(['/k/d=2', '/k/e=1']);
        expect(entries(await storage.range('/k/', { after: '/z' }))).toEqual([]);
        expect(entries(await storage.range('/k/', { after: '/a' }))).toHaveLength(5);
      }));

    it('answer the revision of their snapshot, also when nothing is found', () =>
      withStorage(async ({ storage }) => {
        expect((await storage.range('/')).revision).toBe(await storage.currentRevision());
        const revision = await put(storage, '/a', '1');
        expect((await storage.range('/nothing/')).revision).toBe(revision);
        expect((await storage.rangeIndex('none', 'none')).revision).toBe(revision);
      }));

    it('read every former state of a key', () =>
      withStorage(async ({ storage }) => {
        const start = await storage.currentRevision();
        const states: [revision: number, value: string | undefined][] = [[start, undefined]];
        for (const value of ['1', '2', undefined, '3', undefined, '4']) {
          states.push([value === undefined ? await remove(storage, '/a') : await put(storage, '/a', value), value]);
          await put(storage, '/noise', 'x');
        }
        for (const [revision, value] of states) {
          const found = await storage.get(key('/a'), { revision: revision as Revision });
          expect(text(found?.value)).toBe(value);
          if (value !== undefined) expect(found?.modRevision).toBe(revision);
          const range = await storage.range('/a', { revision: revision as Revision });
          expect(entries(range)).toEqual(value === undefined ? [] : [`/a=${value}`]);
        }
        const future = ((await storage.currentRevision()) + 1) as Revision;
        await expectStorageError(storage.get(key('/a'), { revision: future }), 'RevisionInFuture');
        await expectStorageError(storage.range('/', { revision: future }), 'RevisionInFuture');
      }));

    it('see a write as soon as its promise has resolved', () =>
      withStorage(async ({ storage }) => {
        await Promise.all(
          Array.from({ length: 30 }, async (_, i) => {
            const revision = await put(storage, `/k/${i}`, 'v');
            expect((await storage.get(key(`/k/${i}`)))?.modRevision).toBe(revision);
            expect((await storage.range('/k/')).revision).toBeGreaterThanOrEqual(revision);
          }),
        );
      }));
  });

  describe('indexes', () => {
    const color = (value: string) => ({ index: 'color', value });

    it('find objects by index row, and follow updates and deletions', () =>
      withStorage(async ({ storage }) => {
        await put(storage, '/x/1', 'a', { indexes: [color('red'), { index: 'size', value: 'xl' }] });
        await put(storage, '/x/2', 'b', { indexes: [color('red'), color('blue'), color('red')] });
        await put(storage, '/y/3', 'c', { indexes: [color('red')] });
        expect(entries(await storage.rangeIndex('color', 'red'))).toEqual(['/x/1=a', '/x/2=b', '/y/3=c']);
        await put(storage, '/x/2', 'b2', { indexes: [color('blue'), color('green')] });
        await remove(storage, '/y/3');
        await put(storage, '/x/1', 'a2', { indexes: [color('red'), { index: 'size', value: 'xl' }] });
        expect(entries(await storage.rangeIndex('color', 'red'))).toEqual(['/x/1=a2']);
        expect(entries(await storage.rangeIndex('color', 'blue'))).toEqual(['/x/2=b2']);
        await put(storage, '/x/1', 'a3');
        expect(entries(await storage.rangeIndex('color', 'red'))).toEqual([]);
        expect(entries(await storage.rangeIndex('size', 'xl'))).toEqual([]);
        await put(storage, '/y/3', 'again', { indexes: [color('red')] });
        expect(entries(await storage.rangeIndex('color', 'red'))).toEqual(['/y/3=again']);
      }));

    it('page, and narrow by key prefix', () =>
      withStorage(async ({ storage }) => {
        for (const name of ['/x/1', '/x/2', '/x/3', '/y/1']) await put(storage, name, 'v', { indexes: [color('red')] });
        const page = await storage.rangeIndex('color', 'red', { limit: 2, prefix: '/x/' });
        expect(page.items.map((item) => item.key)).toEqual(['/x/1', '/x/2']);
        expect(page.more).toBe(true);
        const rest = await storage.rangeIndex('color', 'red', { limit: 2, prefix: '/x/', after: '/x/2' });
        expect(rest.items.map((item) => item.key)).toEqual(['/x/3']);
        expect(rest.more).toBe(false);
      }));

    it('list their distinct values', () =>
      withStorage(async ({ storage }) => {
        for (const [i, value] of ['b/1', 'a/2', 'b/1', 'b/3', 'c'].entries())
          await put(storage, `/${i}`, 'v', { indexes: [color(value)] });
        expect(await storage.indexValues('color', '')).toEqual(['a/2', 'b/1', 'b/3', 'c']);
        expect(await storage.indexValues('color', 'b/')).toEqual(['b/1', 'b/3']);
        expect(await storage.indexValues('color', 'b/', { limit: 1 })).toEqual(['b/1']);
        expect(await storage.indexValues('color', 'b/', { after: 'b/1' })).toEqual(['b/3']);
        expect(await storage.indexValues('shape', '')).toEqual([]);
        await remove(storage, '/3');
        expect(await storage.indexValues('color', 'b/')).toEqual(['b/1']);
      }));

    it('change only with the transaction they belong to', () =>
      withStorage(async ({ storage }) => {
        const revision = await put(storage, '/a', '1', { indexes: [color('red')] });
        const operation = { type: 'put' as const, key: key('/a'), value: new Uint8Array(), indexes: [color('blue')] };
        await storage.transact({
          compares: [{ key: key('/a'), modRevision: (revision + 1) as Revision }],
          operations: [operation],
        });
        expect(entries(await storage.rangeIndex('color', 'red'))).toEqual(['/a=1']);
        expect(await storage.indexValues('color', '')).toEqual(['red']);
      }));
  });
}
