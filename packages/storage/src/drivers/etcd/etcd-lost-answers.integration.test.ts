import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operation, Revision, Storage } from '../../storage.ts';
import { applied, bytes, entries, key, put, Recorder, remove } from '../../testing/contract-fixture.ts';
import { findEtcd } from '../../testing/etcd/find-etcd.ts';
import { LossyLink } from '../../testing/etcd/lossy-link.ts';
import { type EtcdCluster, startEtcd } from '../../testing/etcd/start-etcd.ts';
import { openEtcdStorage } from './etcd-storage.ts';

const binary = findEtcd().current;

describe.skipIf(!binary.found)(`connections to etcd that break${binary.found ? '' : ` (${binary.reason})`}`, () => {
  let etcd: EtcdCluster;
  let stores = 0;
  beforeAll(async () => {
    etcd = await startEtcd({ binary: binary.found ? binary.path : '' });
  });
  afterAll(() => etcd?.stop());

  /** `direct` sees the same store over a connection of its own. */
  async function withLink(test: (link: LossyLink, storage: Storage, direct: Storage) => Promise<void>): Promise<void> {
    const prefix = `/canopy-${stores++}`;
    const link = await LossyLink.start(etcd.endpoints[0] as string);
    const direct = await openEtcdStorage({ endpoints: etcd.endpoints, prefix });
    const storage = await openEtcdStorage({ endpoints: [link.endpoint], prefix });
    try {
      await put(direct, '/old', '1', { indexes: [{ index: 'i', value: 'old' }] });
      // Known objects are changed in one request.
      await storage.get(key('/old'));
      await put(storage, '/first', '1');
      await test(link, storage, direct);
    } finally {
      await storage.close();
      await direct.close();
      link.close();
    }
  }

  async function changed(storage: Storage, after: Revision): Promise<void> {
    while ((await storage.currentRevision()) === after) await sleep(5);
  }

  const transactions: Record<string, Operation[]> = {
    'a creation': [{ type: 'put', key: key('/new'), value: bytes('v'), indexes: [{ index: 'i', value: 'new' }] }],
    'a deletion': [{ type: 'delete', key: key('/old') }],
    both: [
      { type: 'delete', key: key('/old') },
      { type: 'put', key: key('/new'), value: bytes('v') },
    ],
  };
  for (const [name, operations] of Object.entries(transactions)) {
    it(`find out that ${name} was applied though the answer is lost`, () =>
      withLink(async (link, storage, direct) => {
        const start = await direct.currentRevision();
        const recorder = await Recorder.follow(direct, start);
        link.loseAnswers();
        const pending = storage.transact({ compares: [], operations });
        await changed(direct, start);
        link.heal();
        const result = applied(await pending);
        await recorder.reached(result.revision);
        expect(result.revisions).toEqual(recorder.changes.map(({ revision }) => revision));
        const last = await put(direct, '/last', 'v');
        await recorder.reached(last);
        expect(recorder.changes).toHaveLength(operations.length + 1);
      }));
  }

  it('find out that a transaction was applied though another has changed the object since', () =>
    withLink(async (link, storage, direct) => {
      const start = await direct.currentRevision();
      link.loseAnswers();
      const pending = put(storage, '/a', 'mine');
      await changed(direct, start);
      const written = (await direct.get(key('/a')))?.modRevision;
      await put(direct, '/a', 'theirs');
      await remove(direct, '/a');
      link.heal();
      expect(await pending).toBe(written);
      expect(entries(await direct.range('/a'))).toEqual([]);
    }));

  it('apply a transaction once, however late a lost request arrives', () =>
    withLink(async (link, storage, direct) => {
      const start = await direct.currentRevision();
      const recorder = await Recorder.follow(direct, start);
      link.holdRequests();
      const pending = storage.transact({
        compares: [{ key: key('/a'), modRevision: 0 }],
        operations: [{ type: 'put', key: key('/a'), value: bytes('v') }],
      });
      while (link.held === 0) await sleep(5);
      link.heal();
      expect((await pending).succeeded).toBe(true);
      // Now the object is as the late request wants it to be: not there.
      await remove(storage, '/a');
      link.release();
      const last = await put(direct, '/last', 'v');
      await recorder.reached(last);
      await sleep(300);
      expect(await direct.get(key('/a'))).toBeUndefined();
      expect(recorder.changes.map(({ type, key: name }) => `${type} ${name}`)).toEqual([
        'put /a',
        'delete /a',
        'put /last',
      ]);
    }));

  it('let many writers go on without loss or repetition', { timeout: 60_000 }, () =>
    withLink(async (link, storage, direct) => {
      const start = await direct.currentRevision();
      const full = await Recorder.follow(direct, start);
      const resumed = await Recorder.follow(storage, start);
      let over = false;
      const breaks = (async () => {
        for (let i = 0; !over; i++) {
          await sleep(250);
          if (i % 2 === 0) link.loseAnswers();
          await sleep(30);
          link.heal();
        }
      })();
      const written: string[] = [];
      const writer = async (_: unknown, worker: number): Promise<void> => {
        for (let i = 0; i < 40; i++) {
          const revision = await put(storage, `/k/${worker}/${i % 5}`, `${i}`);
          written.push(`${revision} put /k/${worker}/${i % 5}=${i}`);
        }
      };
      await Promise.all(Array.from({ length: 10 }, writer));
      over = true;
      await breaks;
      const last = await put(direct, '/last', 'v');
      await Promise.all([full.reached(last), resumed.reached(last)]);
      expect(full.lines.slice(0, -1).sort()).toEqual(written.sort());
      expect(resumed.lines).toEqual(full.lines);
    }),
  );

  it('end a follower that missed what was compacted, and leave one that did not', () =>
    withLink(async (link, storage, direct) => {
      const start = await direct.currentRevision();
      const cutOff = await Recorder.follow(storage, start);
      const other = await Recorder.follow(direct, start);
      link.cut();
      for (let i = 0; i < 10; i++) await put(direct, '/a', `${i}`);
      await direct.compact(await direct.currentRevision());
      const last = await put(direct, '/a', 'last');
      link.heal();
      await Promise.all([cutOff.reached(last), other.reached(last)]);
      expect(cutOff.changes).toEqual([]);
      expect(cutOff.error).toMatchObject({ code: 'RevisionCompacted' });
      expect(other.changes).toHaveLength(11);
      expect(other.error).toBeUndefined();
    }));
});
