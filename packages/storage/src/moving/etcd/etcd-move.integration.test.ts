import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdKeys } from '../../drivers/etcd/etcd-keys.ts';
import { openEtcdStorage } from '../../drivers/etcd/etcd-storage.ts';
import { EtcdConnection } from '../../drivers/etcd/rpc/etcd-connection.ts';
import { compactMethod, rangeMethod, txnMethod } from '../../drivers/etcd/rpc/etcd-methods.ts';
import { encodeCompaction, encodeRange, encodeTxn } from '../../drivers/etcd/rpc/etcd-requests.ts';
import { SqliteStorage } from '../../drivers/sqlite/sqlite-storage.ts';
import type { Operation, Revision, Storage } from '../../storage.ts';
import { applied, bytes, expectStorageError, key, put, Recorder, remove } from '../../testing/contract-fixture.ts';
import { findEtcd } from '../../testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../../testing/etcd/start-etcd.ts';
import { Files } from '../../testing/maintenance-fixture.ts';
import type { Adjustments } from '../adjusted-export.ts';
import { moveStore } from '../move-store.ts';
import { sqlitePlace } from '../sqlite/sqlite-place.ts';
import type { StorePlace } from '../store-place.ts';
import { etcdPlace } from './etcd-place.ts';

const { current } = findEtcd();
const files = new Files();
let stores = 0;
afterAll(() => files.remove());

interface Fresh {
  place: StorePlace;
  open(): Promise<Storage>;
}

function database(): Fresh {
  const path = join(files.directory, `${stores++}.db`);
  return { place: sqlitePlace(path), open: () => SqliteStorage.open({ path }) };
}

async function filled(store: Fresh, operations: readonly Operation[]): Promise<Fresh> {
  const storage = await store.open();
  for (let i = 0; i < operations.length; i += 50)
    applied(await storage.transact({ compares: [], operations: operations.slice(i, i + 50) }));
  await storage.close();
  return store;
}

function objects(count: number, size: number, rows = 1): Operation[] {
  return Array.from({ length: count }, (_, i) => ({
    type: 'put',
    key: key(`/o/${String(i).padStart(5, '0')}`),
    value: new Uint8Array(size).map((_, n) => (n * 7919 + i) % 251),
    indexes: Array.from({ length: rows }, (_, j) => ({ index: `i${j}`, value: String(i % 7) })),
  }));
}

const move = (from: Fresh, to: Pick<Fresh, 'place'>, more: Partial<Parameters<typeof moveStore>[0]> = {}) =>
  moveStore({ from: from.place, to: to.place, revisionJump: 1_000_000, ...more });

const interrupt = { beforeFinish: () => fail() };

function fail(): never {
  throw new Error('interrupted');
}

describe.skipIf(!current.found)(`a move and etcd${current.found ? '' : ` (${current.reason})`}`, () => {
  let etcd: EtcdCluster;
  const start = (...flags: string[]) => startEtcd({ binary: current.found ? current.path : '', flags });
  // What etcd has when it is given no such flags.
  beforeAll(async () => {
    etcd = await start('--max-txn-ops=128', '--max-request-bytes=1572864');
  });
  afterAll(() => etcd?.stop());

  const inEtcd = (): Fresh & { options: { endpoints: string[]; prefix: string } } => {
    const options = { endpoints: etcd.endpoints, prefix: `/canopy-${stores++}` };
    return { options, place: etcdPlace(options), open: () => openEtcdStorage(options) };
  };

  /** As etcd does by itself when it is told to. */
  async function compactAll(): Promise<void> {
    const connection = new EtcdConnection(etcd);
    const { revision } = await connection.request(rangeMethod, encodeRange({ key: bytes('x'), countOnly: true }));
    await connection.request(compactMethod, encodeCompaction(revision));
    connection.close();
  }

  it('fits its default limits, with many index rows and with objects as large as it takes', async () => {
    const source = await filled(database(), [...objects(400, 10, 20), { ...largest(), indexes: [] }]);
    const target = inEtcd();
    expect(await move(source, target)).toMatchObject({ objects: 401, indexRows: 8000 });
    const storage = await target.open();
    expect((await storage.rangeIndex('i13', '3', { limit: 1000 })).items).toHaveLength(57);
    await storage.close();
  });

  it('goes on after its history was compacted between the two last steps', async () => {
    const source = await filled(database(), objects(5, 1));
    const target = inEtcd();
    await expect(move(source, target, interrupt)).rejects.toThrow('interrupted');
    await compactAll();
    expect(await move(source, target)).toMatchObject({ objects: 5, resumedAfter: 5 });
  });

  it('goes on from a source whose history was compacted, if it is as it was as far as can be told', async () => {
    const source = await filled(inEtcd(), objects(5, 1));
    const [target, other] = [database(), database()];
    await expect(move(source, target, interrupt)).rejects.toThrow('interrupted');
    await expect(move(source, other, interrupt)).rejects.toThrow('interrupted');
    await filled(inEtcd(), objects(1, 1));
    await compactAll();
    expect(await move(source, target)).toMatchObject({ objects: 5, resumedAfter: 5 });
    const changing = await source.open();
    await remove(changing, '/o/00003');
    await changing.close();
    await filled(inEtcd(), objects(1, 1));
    await compactAll();
    await expect(move(source, other)).rejects.toThrow('/o/00003 is in the target only');
  });

  it('does not finish when a server that was there before it began wakes up', async () => {
    const source = await filled(database(), objects(5, 1));
    const target = inEtcd();
    const sleeper = await target.open();
    // What it writes is overwritten, so only its use of the store gives it away.
    const wake = async (): Promise<Adjustments> => {
      await put(sleeper, '/o/00004', 'other');
      return new Map();
    };
    await expectStorageError(move(source, target, { adjustments: wake }), 'StorageFailed');
    await sleeper.close();
    await expectStorageError(target.open(), 'StorageFailed');
  });

  it('tells clients of every earlier revision that it is gone, whatever etcd counts, and of none that it is not', async () => {
    const source = await filled(inEtcd(), objects(3, 1));
    const before = await source.open();
    const known = await before.currentRevision();
    await before.close();
    const target = inEtcd();
    const { revision } = await move(source, target);
    const storage = await target.open();
    for (const old of [1, 1023, 1024, known - 1024, known, known + 1_000_000, revision - 2048] as Revision[]) {
      await expectStorageError(Recorder.follow(storage, old), 'RevisionCompacted');
      await expectStorageError(storage.range('/', { revision: old }), 'RevisionCompacted');
      await expectStorageError(storage.get(key('/o/00000'), { revision: old }), 'RevisionCompacted');
    }
    const now = await storage.currentRevision();
    const recorder = await Recorder.follow(storage, now);
    const next = await put(storage, '/o/00000', 'n');
    await recorder.reached(next);
    expect(recorder.lines).toEqual([`${next} put /o/00000=n`]);
    expect(recorder.changes[0]?.previousRevision).toBeGreaterThan(known + 1_000_000);
    recorder.close();
    await storage.close();
  });

  it('says that it is full, and goes on where there is room', async () => {
    const small = await start('--quota-backend-bytes=4194304', '--max-txn-ops=128', '--max-request-bytes=1572864');
    try {
      const source = await filled(database(), objects(100, 100_000));
      const full = etcdPlace({ endpoints: small.endpoints, prefix: '/canopy' });
      for (let attempt = 0; attempt < 2; attempt++)
        await expectStorageError(move(source, { place: full }), 'StorageFull');
      await expectStorageError(openEtcdStorage({ endpoints: small.endpoints, prefix: '/canopy' }), 'StorageFailed');
      expect(await full.knownMove()).toMatchObject({ finished: false });
      expect(await move(source, inEtcd())).toMatchObject({ objects: 100 });
    } finally {
      await small.stop();
    }
  });

  it('does not touch a store with settings that it does not know', async () => {
    const source = await filled(database(), objects(1, 1));
    const target = inEtcd();
    const connection = new EtcdConnection(etcd);
    for (const settings of ['{"ahead":"1"}', 'null', 'x']) {
      const put = { key: new EtcdKeys(target.options.prefix).settings, value: Buffer.from(settings), lease: 0 };
      await connection.request(txnMethod, encodeTxn({ compares: [], success: [{ put }], failure: [] }));
      await expectStorageError(move(source, target), 'StorageFailed');
      await expectStorageError(target.open(), 'StorageFailed');
    }
    connection.close();
  });

  function largest(): Operation & { type: 'put' } {
    return { type: 'put', key: key('/largest'), value: new Uint8Array(1_400_000).fill(1), indexes: [] };
  }
});
