import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { findEtcd } from '../../testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../../testing/etcd/start-etcd.ts';
import { storageContract } from '../../testing/storage-contract.ts';
import { openEtcdStorage } from './etcd-storage.ts';

for (const [age, binary] of Object.entries(findEtcd())) {
  describe.skipIf(!binary.found)(`${age} etcd${binary.found ? '' : ` (${binary.reason})`}`, () => {
    let etcd: EtcdCluster;
    let stores = 0;
    beforeAll(async () => {
      etcd = await startEtcd({ binary: binary.found ? binary.path : '' });
    });
    afterAll(() => etcd?.stop());

    storageContract('EtcdStorage', async () => {
      const storage = await openEtcdStorage({ endpoints: etcd.endpoints, prefix: `/canopy-${stores++}` });
      return { storage, leaseSeconds: 3, advance: (ms) => sleep(ms), dispose: () => storage.close() };
    });
  });
}
