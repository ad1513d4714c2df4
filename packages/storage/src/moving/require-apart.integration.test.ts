import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openEtcdStorage } from '../drivers/etcd/etcd-storage.ts';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import { put } from '../testing/contract-fixture.ts';
import { findEtcd } from '../testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../testing/etcd/start-etcd.ts';
import { Files } from '../testing/maintenance-fixture.ts';
import { etcdPlace } from './etcd/etcd-place.ts';
import { moveStore } from './move-store.ts';
import { sqlitePlace } from './sqlite/sqlite-place.ts';
import type { StorePlace } from './store-place.ts';

const files = new Files();
afterAll(() => files.remove());

async function expectOverlap(from: StorePlace, to: StorePlace): Promise<void> {
  await expect(moveStore({ from, to, revisionJump: 1000 }), `${from.name} to ${to.name}`).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: `${from.name} and ${to.name} overlap; the target must be neither the source nor within it, nor around it`,
  });
}

describe('a move to the database that it comes from', () => {
  it('is refused by whatever path, and leaves everything as it was', async () => {
    const home = join(files.directory, 'home');
    mkdirSync(home);
    const path = join(home, 'canopy.db');
    const storage = await SqliteStorage.open({ path });
    await put(storage, '/a', '1');
    await storage.close();
    symlinkSync(home, join(files.directory, 'other-home'));
    symlinkSync(path, join(files.directory, 'symbolic.db'));
    linkSync(path, join(files.directory, 'hard.db'));
    const state = (): unknown => [readFileSync(path), readdirSync(home), readdirSync(files.directory)];
    const before = state();
    for (const name of ['home/canopy.db', 'other-home/canopy.db', 'symbolic.db', 'hard.db']) {
      const other = join(files.directory, name);
      await expectOverlap(sqlitePlace(path), sqlitePlace(other));
      await expectOverlap(sqlitePlace(other), sqlitePlace(path));
    }
    expect(state()).toEqual(before);
    // Where a move to canopy.db would make the new database.
    renameSync(path, `${path}.moving`);
    await expectOverlap(sqlitePlace(`${path}.moving`), sqlitePlace(path));
    expect(readFileSync(`${path}.moving`)).toEqual((before as Buffer[])[0]);
  });
});

const { current } = findEtcd();

/** What etcd has when it is started without flags, from which it makes the same cluster id each time. */
const asDefault = [
  '--name=default',
  '--initial-advertise-peer-urls=http://localhost:2380',
  '--initial-cluster=default=http://localhost:2380',
];

describe.skipIf(!current.found)(`a move within etcd${current.found ? '' : ` (${current.reason})`}`, () => {
  const clusters: EtcdCluster[] = [];
  afterEach(() => Promise.all(clusters.splice(0).map((cluster) => cluster.stop())));

  async function start(...flags: string[]): Promise<EtcdCluster> {
    const cluster = await startEtcd({ binary: current.found ? current.path : '', flags });
    clusters.push(cluster);
    return cluster;
  }

  async function filled(endpoints: string[], prefix: string, objects = 1): Promise<StorePlace> {
    const storage = await openEtcdStorage({ endpoints, prefix });
    for (let i = 0; i < objects; i++) await put(storage, `/${i}`, 'x');
    await storage.close();
    return etcdPlace({ endpoints, prefix });
  }

  it('is refused when one prefix is within the other, by whatever address, and writes nothing', async () => {
    const { endpoints } = await start();
    const byName = endpoints.map((endpoint) => endpoint.replace('127.0.0.1', 'localhost'));
    const source = await filled(endpoints, '/shop/one');
    const { revision } = await source.extent();
    for (const prefix of ['/shop/one', '/shop', '/shop/one/more', '/shop/one/k/more', '/shop/one//more'])
      await expectOverlap(source, etcdPlace({ endpoints: byName, prefix }));
    expect((await source.extent()).revision).toBe(revision);
    for (const prefix of ['/shop/one-more', '/shop/on', '/shop/two'])
      expect(
        await moveStore({ from: source, to: etcdPlace({ endpoints: byName, prefix }), revisionJump: 1000 }),
      ).toMatchObject({ objects: 1 });
  });

  it('is not taken for one when it is to another cluster with the same id', async () => {
    const [one, other] = [await start(...asDefault), await start(...asDefault)];
    const source = await filled(one.endpoints, '/canopy', 2);
    const target = etcdPlace({ endpoints: other.endpoints, prefix: '/canopy' });
    expect((await target.extent()).names).toEqual((await source.extent()).names);
    expect(await moveStore({ from: source, to: target, revisionJump: 1000 })).toMatchObject({ objects: 2 });
    // The target has come further than the source by now.
    await filled(other.endpoints, '/canopy', 20);
    await expect(moveStore({ from: source, to: target, revisionJump: 1000 })).rejects.toThrow('a store at');
  });
});
