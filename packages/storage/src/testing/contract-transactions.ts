import { describe, expect, it } from 'vitest';
import type { Compare, Revision } from '../storage.ts';
import { applied, bytes, entries, expectStorageError, key, put, Recorder, remove, text } from './contract-fixture.ts';
import type { WithStorage } from './storage-contract.ts';

export function transactionContract(withStorage: WithStorage): void {
  describe('transactions', () => {
    it('give every change a revision of its own, greater than all before', () =>
      withStorage(async ({ storage }) => {
        const before = await storage.currentRevision();
        expect(before).toBeGreaterThanOrEqual(1);
        const first = await put(storage, '/a', '1');
        const result = applied(
          await storage.transact({
            compares: [],
            operations: [
              { type: 'put', key: key('/b'), value: bytes('2') },
              { type: 'put', key: key('/a'), value: bytes('3') },
              { type: 'delete', key: key('/missing') },
            ],
          }),
        );
        expect(first).toBeGreaterThan(before);
        expect(result.revisions[0]).toBeGreaterThan(first);
        expect(result.revisions[1]).toBeGreaterThan(result.revisions[0] as number);
        expect(result.revisions[2]).toBe(0);
        expect(result.revision).toBe(result.revisions[1]);
        expect(await storage.currentRevision()).toBe(result.revision);
      }));

    it('keep the creation revision over updates, not over deletion', () =>
      withStorage(async ({ storage }) => {
        const created = await put(storage, '/a', '1');
        const updated = await put(storage, '/a', '2');
        expect(await storage.get(key('/a'))).toMatchObject({ modRevision: updated, createRevision: created });
        const deleted = await remove(storage, '/a');
        expect(await storage.get(key('/a'))).toBeUndefined();
        const again = await put(storage, '/a', '3');
        expect(again).toBeGreaterThan(deleted);
        expect(await storage.get(key('/a'))).toMatchObject({ modRevision: again, createRevision: again });
      }));

    it('are refused with the first compare that does not hold, and what stands there', () =>
      withStorage(async ({ storage }) => {
        const revision = await put(storage, '/a', 'first');
        const attempt = (compares: Compare[]) =>
          storage.transact({ compares, operations: [{ type: 'put', key: key('/a'), value: bytes('second') }] });
        const exists = await attempt([{ key: key('/a'), modRevision: 0 }]);
        expect(exists).toMatchObject({
          succeeded: false,
          failed: { key: '/a', modRevision: 0 },
          current: { modRevision: revision, createRevision: revision },
        });
        expect(exists.succeeded ? undefined : text(exists.current?.value)).toBe('first');
        const missing = await attempt([
          { key: key('/a'), modRevision: revision },
          { key: key('/b'), modRevision: revision },
          { key: key('/a'), modRevision: 0 },
        ]);
        expect(missing).toMatchObject({
          succeeded: false,
          failed: { key: '/b', modRevision: revision },
          current: undefined,
        });
        const outdated = await attempt([{ key: key('/a'), modRevision: (revision - 1) as Revision }]);
        expect(outdated.succeeded).toBe(false);
        expect(await storage.currentRevision()).toBe(revision);
        expect((await attempt([{ key: key('/a'), modRevision: revision }])).succeeded).toBe(true);
      }));

    it('treat a deleted key as one that does not exist', () =>
      withStorage(async ({ storage }) => {
        await put(storage, '/a', '1');
        const deleted = await remove(storage, '/a');
        const stale = await storage.transact({
          compares: [{ key: key('/a'), modRevision: deleted as Revision }],
          operations: [],
        });
        expect(stale).toMatchObject({ succeeded: false, current: undefined });
        expect(
          (await storage.transact({ compares: [{ key: key('/a'), modRevision: 0 }], operations: [] })).succeeded,
        ).toBe(true);
        expect(await remove(storage, '/a')).toBe(0);
      }));

    it('let exactly one of many concurrent writers win a compare', () =>
      withStorage(async ({ storage }) => {
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            storage.transact({
              compares: [{ key: key('/a'), modRevision: 0 }],
              operations: [{ type: 'put', key: key('/a'), value: bytes(`${i}`) }],
            }),
          ),
        );
        expect(results.filter(({ succeeded }) => succeeded)).toHaveLength(1);
        const winner = results.findIndex(({ succeeded }) => succeeded);
        expect(entries(await storage.range('/'))).toEqual([`/a=${winner}`]);
      }));

    it('count without loss when writers retry after a conflict', () =>
      withStorage(async ({ storage }) => {
        await put(storage, '/counter', '0');
        const increment = async (): Promise<void> => {
          for (;;) {
            const current = await storage.get(key('/counter'));
            const next = bytes(`${Number(text(current?.value)) + 1}`);
            const result = await storage.transact({
              compares: [{ key: key('/counter'), modRevision: current?.modRevision ?? 0 }],
              operations: [{ type: 'put', key: key('/counter'), value: next }],
            });
            if (result.succeeded) return;
          }
        };
        await Promise.all(Array.from({ length: 20 }, increment));
        expect(text((await storage.get(key('/counter')))?.value)).toBe('20');
      }));

    it('apply all operations or none', () =>
      withStorage(async ({ storage }) => {
        await put(storage, '/a', '1');
        const operations = [
          { type: 'delete' as const, key: key('/a') },
          { type: 'put' as const, key: key('/b'), value: bytes('2') },
        ];
        await storage.transact({ compares: [{ key: key('/b'), modRevision: 1 as Revision }], operations });
        expect(entries(await storage.range('/'))).toEqual(['/a=1']);
        await storage.transact({ compares: [{ key: key('/b'), modRevision: 0 }], operations });
        expect(entries(await storage.range('/'))).toEqual(['/b=2']);
      }));

    it('are applied in the background too, all of each or none, however many others write meanwhile', () =>
      withStorage(async ({ storage }) => {
        const taken = await put(storage, '/taken', '1');
        const background = ['/a', '/b', '/c'].map((name, i) =>
          storage.transact({
            compares: [{ key: key('/taken'), modRevision: i === 1 ? 0 : taken }],
            operations: ['1', '2'].map((at) => ({
              type: 'put' as const,
              key: key(`${name}/${at}`),
              value: bytes('v'),
            })),
            background: true,
          }),
        );
        await Promise.all(Array.from({ length: 20 }, (_, i) => put(storage, '/counter', `${i}`)));
        expect((await Promise.all(background)).map(({ succeeded }) => succeeded)).toEqual([true, false, true]);
        expect(entries(await storage.range('/a'))).toEqual(['/a/1=v', '/a/2=v']);
        expect(entries(await storage.range('/b'))).toEqual([]);
        expect(entries(await storage.range('/c/'))).toEqual(['/c/1=v', '/c/2=v']);
      }));

    it('may write beside something new what is there already, or was', () =>
      withStorage(async ({ storage }) => {
        const red = [{ index: 'color', value: 'red' }];
        const blue = [{ index: 'color', value: 'blue' }];
        const existing = await put(storage, '/b', '1', { indexes: red });
        await put(storage, '/c', '1', { indexes: red });
        await remove(storage, '/c');
        const recorder = await Recorder.follow(storage, await storage.currentRevision());
        const names = ['/a', '/b', '/c', '/d'];
        const operations = names.map((name) => ({
          type: 'put' as const,
          key: key(name),
          value: bytes('2'),
          indexes: blue,
        }));
        const { revisions, revision } = applied(
          await storage.transact({ compares: [{ key: key('/a'), modRevision: 0 }], operations }),
        );
        expect(await storage.get(key('/b'))).toMatchObject({ modRevision: revisions[1], createRevision: existing });
        expect(await storage.get(key('/c'))).toMatchObject({ modRevision: revisions[2], createRevision: revisions[2] });
        expect(entries(await storage.rangeIndex('color', 'red'))).toEqual([]);
        expect(entries(await storage.rangeIndex('color', 'blue'))).toEqual(names.map((name) => `${name}=2`));
        await recorder.reached(revision);
        expect(recorder.changes.map((change) => [change.key, change.previousRevision])).toEqual([
          ['/a', 0],
          ['/b', existing],
          ['/c', 0],
          ['/d', 0],
        ]);
        recorder.close();
      }));

    it('put under the condition of an index row only where an object carries it, before the transaction', () =>
      withStorage(async ({ storage }) => {
        const red = { index: 'color', value: 'red' };
        const blue = { index: 'color', value: 'blue' };
        await put(storage, '/red', '1', { indexes: [red] });
        const operations = [
          { type: 'delete' as const, key: key('/red') },
          { type: 'put' as const, key: key('/a'), value: bytes('2'), ifIndexed: red, indexes: [blue] },
          { type: 'put' as const, key: key('/b'), value: bytes('3'), ifIndexed: blue },
          { type: 'put' as const, key: key('/c'), value: bytes('4') },
        ];
        const first = applied(await storage.transact({ compares: [], operations }));
        expect(first.revisions.map((revision) => revision > 0)).toEqual([true, true, false, true]);
        expect(entries(await storage.range('/'))).toEqual(['/a=2', '/c=4']);
        const second = applied(await storage.transact({ compares: [], operations: operations.slice(1, 3) }));
        expect(second.revisions).toEqual([0, second.revision]);
        expect(entries(await storage.range('/'))).toEqual(['/a=2', '/b=3', '/c=4']);
      }));

    it('store empty, large and binary values as they are', () =>
      withStorage(async ({ storage }) => {
        const large = new Uint8Array(3 * 1024 * 1024).map((_, i) => (i * 31) % 251);
        const binary = new Uint8Array([0, 255, 0, 128, 10]);
        await storage.transact({
          compares: [],
          operations: [
            { type: 'put', key: key('/empty'), value: new Uint8Array() },
            { type: 'put', key: key('/large'), value: large },
            { type: 'put', key: key('/slice'), value: large.subarray(100, 120) },
            { type: 'put', key: key('/binary'), value: binary },
          ],
        });
        const read = async (name: string) => Buffer.from((await storage.get(key(name)))?.value ?? bytes('missing'));
        expect((await read('/empty')).byteLength).toBe(0);
        expect((await read('/large')).equals(large)).toBe(true);
        expect((await read('/slice')).equals(large.subarray(100, 120))).toBe(true);
        expect((await read('/binary')).equals(binary)).toBe(true);
      }));

    it('refuse malformed arguments as the mistake of the caller, and write nothing', () =>
      withStorage(async ({ storage }) => {
        const value = bytes('x');
        const before = await storage.currentRevision();
        const twice = [
          { type: 'put' as const, key: key('/a'), value },
          { type: 'delete' as const, key: key('/a') },
        ];
        const refused = (name: string) =>
          expectStorageError(
            storage.transact({ compares: [], operations: [{ type: 'put', key: key(name), value }] }),
            'InvalidArgument',
          );
        await expectStorageError(storage.transact({ compares: [], operations: twice }), 'InvalidArgument');
        await refused('');
        await refused('/nul\u0000');
        await refused('/lone\ud800surrogate');
        await refused(`/${'x'.repeat(10_000)}`);
        const compares = [{ key: key('/a'), modRevision: -1 as Revision }];
        await expectStorageError(storage.transact({ compares, operations: [] }), 'InvalidArgument');
        const huge = new Uint8Array(17 * 1024 * 1024);
        await expectStorageError(
          storage.transact({ compares: [], operations: [{ type: 'put', key: key('/a'), value: huge }] }),
          'InvalidArgument',
        );
        await expectStorageError(storage.range('/', { limit: 0 }), 'InvalidArgument');
        await expectStorageError(storage.grantLease(0), 'InvalidArgument');
        expect(await storage.currentRevision()).toBe(before);
      }));
  });
}
