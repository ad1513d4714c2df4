import { afterAll, describe, expect, it } from 'vitest';
import { ChangeHub } from '../../change-log/change-hub.ts';
import type { IndexEntry, Operation, Storage, Subscription } from '../../storage.ts';
import { isStorageError } from '../../storage-error.ts';
import { applied, bytes, entries, expectStorageError, key, put, Recorder } from '../../testing/contract-fixture.ts';
import { findEtcd } from '../../testing/etcd/find-etcd.ts';
import { freePorts } from '../../testing/etcd/free-ports.ts';
import { type EtcdCluster, type StartEtcdOptions, startEtcd } from '../../testing/etcd/start-etcd.ts';
import { openEtcdStorage } from './etcd-storage.ts';

const { current: binary, old } = findEtcd();

describe.skipIf(!binary.found)(`the limits of etcd${binary.found ? '' : ` (${binary.reason})`}`, () => {
  const opened: { close(): Promise<void> }[] = [];
  const clusters: EtcdCluster[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((storage) => storage.close()));
    await Promise.all(clusters.map((etcd) => etcd.stop()));
  });

  async function start(options: Partial<StartEtcdOptions> = {}): Promise<EtcdCluster> {
    const etcd = await startEtcd({ binary: binary.found ? binary.path : '', ...options });
    clusters.push(etcd);
    return etcd;
  }

  async function open(etcd: EtcdCluster, prefix = '/canopy'): Promise<Storage> {
    const storage = await openEtcdStorage({ endpoints: etcd.endpoints, prefix });
    opened.push(storage);
    return storage;
  }

  it('as it ships them: large objects and transactions of many objects are refused with the flag that allows them', async () => {
    const etcd = await start({ flags: ['--max-txn-ops=128', '--max-request-bytes=1572864'] });
    const storage = await open(etcd);
    const large = await storage
      .transact({ compares: [], operations: [{ type: 'put', key: key('/a'), value: new Uint8Array(3_000_000) }] })
      .catch((error: unknown) => error);
    expect(isStorageError(large, 'InvalidArgument') && large.message).toContain('--max-request-bytes');
    const many = (count: number, rows: number): Operation[] =>
      Array.from({ length: count }, (_, i) => ({
        type: 'put',
        key: key(`/many/${i}`),
        value: bytes('v'),
        indexes: Array.from({ length: rows }, (_, j) => ({ index: `i${j}`, value: `${i}` })),
      }));
    const tooMany = await storage.transact({ compares: [], operations: many(200, 0) }).catch((error: unknown) => error);
    expect(isStorageError(tooMany, 'InvalidArgument') && tooMany.message).toContain('--max-txn-ops');
    expect(await storage.count('')).toBe(0);
    // 75 objects with 20 rows each are 1575 keys.
    const recorder = await Recorder.follow(storage, await storage.currentRevision());
    const result = applied(await storage.transact({ compares: [], operations: many(75, 20) }));
    expect(recorder.changes.map(({ revision }) => revision)).toEqual(result.revisions);
    expect(recorder.batches).toEqual([75]);
    expect(entries(await storage.rangeIndex('i7', '33'))).toEqual(['/many/33=v']);
  });

  it('are reached when its disk quota is: nothing is written, all can be read', { timeout: 60_000 }, async () => {
    const etcd = await start({ flags: ['--quota-backend-bytes=4194304'] });
    const storage = await open(etcd);
    const value = new Uint8Array(300_000).map((_, i) => (i * 7919) % 251);
    const write = (i: number) =>
      storage.transact({ compares: [], operations: [{ type: 'put', key: key(`/k/${i}`), value }] });
    let written = 0;
    const fill = async (): Promise<void> => {
      for (; written < 100; written++) await write(written);
    };
    await expectStorageError(fill(), 'StorageFull');
    await expectStorageError(write(written), 'StorageFull');
    expect(await storage.count('/k/')).toBe(written);
    expect((await storage.range('/k/')).items).toHaveLength(written);
  });

  it('over TLS: a certificate that cannot be verified ends the attempt', async () => {
    const etcd = await start({ tls: true });
    const storage = await openEtcdStorage({ endpoints: etcd.endpoints, tls: etcd.tls, prefix: '/canopy' });
    opened.push(storage);
    const recorder = await Recorder.follow(storage, await storage.currentRevision());
    const revision = await put(storage, '/a', '1');
    expect(recorder.lines).toEqual([`${revision} put /a=1`]);
    const unverified = openEtcdStorage({ endpoints: etcd.endpoints, prefix: '/canopy', requestTimeoutMs: 500 });
    await expectStorageError(unverified, 'StorageUnavailable');
    const elsewhere = etcd.endpoints.map((endpoint) => endpoint.replace('127.0.0.1', 'localhost'));
    const misnamed = { endpoints: elsewhere, tls: etcd.tls, prefix: '/canopy', requestTimeoutMs: 500 };
    await expect(openEtcdStorage(misnamed)).rejects.toThrow(/altnames/);
  });

  it('where nobody listens: opening fails in the time that was given', async () => {
    const [port] = await freePorts(1);
    const absent = { endpoints: [`http://127.0.0.1:${port}`], prefix: '/canopy', requestTimeoutMs: 300 };
    await expectStorageError(openEtcdStorage(absent), 'StorageUnavailable');
    await expectStorageError(openEtcdStorage({ ...absent, endpoints: ['127.0.0.1:2379'] }), 'InvalidArgument');
  });

  it('shared with others: who waits for the newest revision is not left waiting', async () => {
    const etcd = await start();
    const other = await open(etcd, '/other');
    const storage = await open(etcd);
    const beginning = await storage.currentRevision();
    const hub = await ChangeHub.start(storage);
    for (let i = 0; i < 5; i++) {
      await put(other, '/a', `${i}`);
      const revision = await storage.currentRevision();
      await hub.waitFor(revision);
      expect(hub.revision).toBeGreaterThanOrEqual(revision);
    }
    const nothing = applied(await storage.transact({ compares: [], operations: [{ type: 'delete', key: key('/a') }] }));
    await hub.waitFor(nothing.revision);
    const recorder = await Recorder.follow(storage, beginning);
    const last = await put(storage, '/b', 'v');
    await recorder.reached(last);
    expect(recorder.lines).toEqual([`${last} put /b=v`]);
    hub.close();
  });

  it('large values of the log come piece by piece, and no more when the follower has had enough', async () => {
    const etcd = await start();
    const storage = await open(etcd);
    const beginning = await storage.currentRevision();
    const live = await Recorder.follow(storage, beginning);
    const value = new Uint8Array(400_000);
    for (let i = 0; i < 12; i++)
      await storage.transact({ compares: [], operations: [{ type: 'put', key: key(`/k/${i}`), value }] });
    const all = await Recorder.follow(storage, beginning);
    await all.reached(await storage.currentRevision());
    expect(all.changes.map(({ revision }) => revision)).toEqual(live.changes.map(({ revision }) => revision));
    expect(Math.max(...all.batches)).toBe(2);
    const few: number[] = [];
    const errors: Error[] = [];
    const first = Promise.withResolvers<void>();
    const subscription: Subscription = await storage.follow(beginning, {
      onChanges: (changes) => {
        few.push(...changes.map(({ revision }) => revision));
        subscription.close();
        first.resolve();
      },
      onError: (error) => errors.push(error),
    });
    await first.promise;
    await all.reached(await put(storage, '/last', 'v'));
    expect(errors).toEqual([]);
    expect(few).toHaveLength(2);
    expect(few).toEqual(live.changes.slice(0, few.length).map(({ revision }) => revision));
  });

  it('a member that does not run is passed over', async () => {
    const etcd = await start();
    const [port] = await freePorts(1);
    for (let i = 0; i < 4; i++) {
      const storage = await openEtcdStorage({
        endpoints: [`http://127.0.0.1:${port}`, ...etcd.endpoints],
        prefix: '/canopy',
      });
      await put(storage, '/a', `${i}`);
      await storage.close();
    }
  });

  for (const each of [binary, old].filter(({ found }) => found)) {
    it('writers in two processes leave no index row behind and miss none', { timeout: 60_000 }, async () => {
      const etcd = await start({ binary: each.found ? each.path : '' });
      const storages = [await open(etcd), await open(etcd)];
      const colors = ['red', 'green', 'blue'];
      let seed = 1;
      const pick = (count: number): number => {
        seed = (seed * 48271) % 2147483647;
        return seed % count;
      };
      const writer = async (storage: Storage): Promise<void> => {
        for (let i = 0; i < 60; i++) {
          const name = key(`/k/${pick(4)}`);
          const indexes: IndexEntry[] = colors.filter(() => pick(2) === 0).map((value) => ({ index: 'color', value }));
          const operation: Operation =
            pick(4) === 0
              ? { type: 'delete', key: name }
              : { type: 'put', key: name, value: bytes(JSON.stringify(indexes)), indexes };
          await storage.transact({ compares: [], operations: [operation] });
        }
      };
      await Promise.all([...storages, ...storages, ...storages].map(writer));
      const [storage] = storages as [Storage];
      const { items } = await storage.range('/k/');
      for (const color of colors) {
        const declared = items.filter(({ value }) => Buffer.from(value).toString().includes(`"${color}"`));
        const found = await storage.rangeIndex('color', color);
        expect(found.items.map((item) => item.key)).toEqual(declared.map((item) => item.key));
      }
    });
  }
});
