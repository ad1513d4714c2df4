import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openEtcdStorage } from '../drivers/etcd/etcd-storage.ts';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import { findEtcd } from '../testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../testing/etcd/start-etcd.ts';
import { Files } from '../testing/maintenance-fixture.ts';
import { type FreshPlace, movingContract } from '../testing/moving-contract.ts';
import { etcdPlace } from './etcd/etcd-place.ts';
import { sqlitePlace } from './sqlite/sqlite-place.ts';

const files = new Files();
let stores = 0;
afterAll(() => files.remove());

const sqlite: FreshPlace = () => {
  const path = join(files.directory, `${stores++}.db`);
  return { place: sqlitePlace(path), open: () => SqliteStorage.open({ path }) };
};

describe('a move from SQLite to SQLite', () => movingContract(sqlite, sqlite));

for (const [age, binary] of Object.entries(findEtcd())) {
  describe.skipIf(!binary.found)(`${age} etcd${binary.found ? '' : ` (${binary.reason})`}`, () => {
    let cluster: EtcdCluster;
    beforeAll(async () => {
      cluster = await startEtcd({ binary: binary.found ? binary.path : '' });
    });
    afterAll(() => cluster?.stop());

    const etcd: FreshPlace = () => {
      const options = { endpoints: cluster.endpoints, prefix: `/canopy-${stores++}` };
      return { place: etcdPlace(options), open: () => openEtcdStorage(options) };
    };

    describe('a move from SQLite to etcd', () => movingContract(sqlite, etcd));
    describe('a move from etcd to SQLite', () => movingContract(etcd, sqlite));
    if (age === 'current') describe('a move from etcd to etcd', () => movingContract(etcd, etcd));
  });
}
