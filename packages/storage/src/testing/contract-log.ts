import { describe, expect, it } from 'vitest';
import type { Revision } from '../storage.ts';
import { isStorageError } from '../storage-error.ts';
import { bytes, entries, expectStorageError, key, put, Recorder, remove, text } from './contract-fixture.ts';
import type { WithStorage } from './storage-contract.ts';

export function logContract(withStorage: WithStorage): void {
  describe('following', () => {
    it('delivers what the log has after a revision, then what is written', () =>
      withStorage(async ({ storage }) => {
        const start = await storage.currentRevision();
        const first = await put(storage, '/a', '1');
        const second = await put(storage, '/a', '2');
        const all = await Recorder.follow(storage, start);
        const late = await Recorder.follow(storage, first);
        const third = await remove(storage, '/a');
        const fourth = await put(storage, '/a', '3');
        await Promise.all([all.reached(fourth), late.reached(fourth)]);
        expect(all.lines).toEqual([
          `${first} put /a=1`,
          `${second} put /a=2`,
          `${third} delete /a`,
          `${fourth} put /a=3`,
        ]);
        expect(late.lines).toEqual(all.lines.slice(1));
        expect(
          all.changes.map((change) => [change.createRevision, change.previousRevision, text(change.previous)]),
        ).toEqual([
          [first, 0, undefined],
          [first, first, '1'],
          [first, second, '2'],
          [fourth, 0, undefined],
        ]);
      }));

    it('gives the same account of changes read from the log as of live ones', () =>
      withStorage(async ({ storage }) => {
        const start = await storage.currentRevision();
        const live = await Recorder.follow(storage, start);
        await put(storage, '/a', '1');
        await put(storage, '/a', '2');
        await remove(storage, '/a');
        const last = await put(storage, '/a', '3');
        const later = await Recorder.follow(storage, start);
        await Promise.all([live.reached(last), later.reached(last)]);
        const account = (recorder: Recorder) =>
          recorder.changes.map((c) => [
            c.type,
            c.key,
            c.revision,
            c.createRevision,
            c.previousRevision,
            text(c.value),
            text(c.previous),
          ]);
        expect(account(later)).toEqual(account(live));
      }));

    it('has neither gap nor duplicate when followers join among concurrent writes', () =>
      withStorage(async ({ storage }) => {
        const start = await storage.currentRevision();
        const recorders: Recorder[] = [];
        const writer = async (_: unknown, worker: number): Promise<void> => {
          for (let i = 0; i < 60; i++) {
            await put(storage, `/k/${worker}/${i % 7}`, `${i}`);
            if (i % 20 === worker)
              recorders.push(
                await Recorder.follow(storage, start),
                await Recorder.follow(storage, await storage.currentRevision()),
              );
          }
        };
        await Promise.all(Array.from({ length: 10 }, writer));
        const end = await storage.currentRevision();
        await Promise.all(recorders.map((recorder) => recorder.reached(end)));
        const revisions = recorders.map((recorder) => recorder.changes.map((change) => change.revision));
        const full = revisions[0] as number[];
        expect(full).toHaveLength(600);
        expect(full).toEqual([...new Set(full)].sort((a, b) => a - b));
        for (const got of revisions) expect(got).toEqual(full.slice(full.length - got.length));
        expect(revisions.filter((got) => got.length === 600).length).toBeGreaterThanOrEqual(recorders.length / 2);
      }));

    it('reads a log of many chunks in order', () =>
      withStorage(async ({ storage }) => {
        const start = await storage.currentRevision();
        for (let round = 0; round < 6; round++) {
          const operations = Array.from({ length: 500 }, (_, i) => ({
            type: 'put' as const,
            key: key(`/k/${round}/${i}`),
            value: bytes('v'),
          }));
          await storage.transact({ compares: [], operations });
        }
        const recorder = await Recorder.follow(storage, start);
        const during = await put(storage, '/k/live', 'v');
        await recorder.reached(during);
        expect(recorder.changes).toHaveLength(3001);
        expect(
          recorder.changes.every((change, i) => i === 0 || change.revision > (recorder.changes[i - 1]?.revision ?? 0)),
        ).toBe(true);
      }));

    it('hands over the changes of one transaction together', () =>
      withStorage(async ({ storage }) => {
        const recorder = await Recorder.follow(storage, await storage.currentRevision());
        const operations = ['/a', '/b', '/c'].map((name) => ({
          type: 'put' as const,
          key: key(name),
          value: bytes('v'),
        }));
        const result = await storage.transact({ compares: [], operations });
        await recorder.reached(result.succeeded ? result.revision : 0);
        expect(recorder.batches).toEqual([3]);
      }));

    it('stops when it is closed, and ends with an error when the store closes', () =>
      withStorage(async ({ storage }) => {
        const start = await storage.currentRevision();
        const closed = await Recorder.follow(storage, start);
        const open = await Recorder.follow(storage, start);
        const first = await put(storage, '/a', '1');
        await Promise.all([closed.reached(first), open.reached(first)]);
        closed.close();
        const second = await put(storage, '/a', '2');
        await open.reached(second);
        expect(closed.changes).toHaveLength(1);
        await storage.close();
        expect(isStorageError(open.error, 'Closed')).toBe(true);
        expect(closed.error).toBeUndefined();
      }));

    it('refuses a revision that does not exist yet', () =>
      withStorage(async ({ storage }) => {
        await expectStorageError(Recorder.follow(storage, (await storage.currentRevision()) + 5), 'RevisionInFuture');
      }));
  });

  describe('compaction', () => {
    it('forgets history up to a revision and keeps what is current', () =>
      withStorage(async ({ storage }) => {
        const kept = await put(storage, '/kept', '1');
        await put(storage, '/gone', '1');
        await put(storage, '/a', '1');
        await remove(storage, '/gone');
        const middle = await put(storage, '/a', '2');
        const last = await put(storage, '/a', '3');
        expect(await storage.compactedRevision()).toBeLessThan(kept);
        await storage.compact(middle);
        expect(await storage.compactedRevision()).toBe(middle);
        expect(entries(await storage.range('/'))).toEqual(['/a=3', '/kept=1']);
        expect(entries(await storage.range('/', { revision: middle }))).toEqual(['/a=2', '/kept=1']);
        expect((await storage.get(key('/kept')))?.modRevision).toBe(kept);
        const before = (middle - 1) as Revision;
        await expectStorageError(storage.range('/', { revision: before }), 'RevisionCompacted');
        await expectStorageError(storage.get(key('/a'), { revision: before }), 'RevisionCompacted');
        await expectStorageError(Recorder.follow(storage, before), 'RevisionCompacted');
        const recorder = await Recorder.follow(storage, middle);
        await recorder.reached(last);
        expect(recorder.lines).toEqual([`${last} put /a=3`]);
        expect(recorder.changes.map((change) => text(change.previous))).toEqual(['2']);
      }));

    it('may reach the newest revision, after which revisions go on', () =>
      withStorage(async ({ storage }) => {
        await put(storage, '/a', '1', { indexes: [{ index: 'i', value: 'v' }] });
        const deleted = (await remove(storage, '/a')) as Revision;
        await storage.compact(deleted);
        expect(await storage.currentRevision()).toBe(deleted);
        expect(await storage.get(key('/a'))).toBeUndefined();
        const again = await put(storage, '/a', '2');
        expect(again).toBeGreaterThan(deleted);
        expect(await storage.get(key('/a'))).toMatchObject({ createRevision: again });
        expect(entries(await storage.range('/', { revision: deleted }))).toEqual([]);
      }));

    it('never goes back, and refuses the future', () =>
      withStorage(async ({ storage }) => {
        const first = await put(storage, '/a', '1');
        const second = await put(storage, '/a', '2');
        await storage.compact(second);
        await storage.compact(first);
        expect(await storage.compactedRevision()).toBe(second);
        await expectStorageError(storage.compact((second + 1) as Revision), 'RevisionInFuture');
      }));

    it('lets writers and readers work meanwhile', () =>
      withStorage(async ({ storage }) => {
        for (let round = 0; round < 5; round++) {
          const operations = Array.from({ length: 400 }, (_, i) => ({
            type: 'put' as const,
            key: key(`/k/${i}`),
            value: bytes(`${round}`),
          }));
          await storage.transact({ compares: [], operations });
        }
        const compacting = storage.compact(await storage.currentRevision());
        const writes = Promise.all(Array.from({ length: 20 }, (_, i) => put(storage, `/k/${i}`, 'new')));
        expect(await storage.count('/k/')).toBe(400);
        await Promise.all([compacting, writes]);
        const { items } = await storage.range('/k/');
        expect(items.filter((item) => text(item.value) === 'new')).toHaveLength(20);
        expect(items.filter((item) => text(item.value) === '4')).toHaveLength(380);
      }));
  });
}
