import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { findEtcd } from '../../testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../../testing/etcd/start-etcd.ts';
import { storageContract } from '../../testing/storage-contract.ts';
import { EtcdKeys } from './etcd-keys.ts';
import { encodeSettings } from './etcd-settings.ts';
import { openEtcdStorage } from './etcd-storage.ts';
import { aheadOf } from './revision-scale.ts';
import { EtcdConnection } from './rpc/etcd-connection.ts';
import { txnMethod } from './rpc/etcd-methods.ts';
import { encodeTxn } from './rpc/etcd-requests.ts';

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

    if (age === 'old') return;
    // Its revisions are others, and everything else must be the same.
    storageContract('EtcdStorage that counts on above another store', async () => {
      const prefix = `/canopy-${stores++}`;
      const connection = new EtcdConnection(etcd);
      const put = { key: new EtcdKeys(prefix).settings, value: encodeSettings({ ahead: aheadOf(3e9) }), lease: 0 };
      await connection.request(txnMethod, encodeTxn({ compares: [], success: [{ put }], failure: [] }));
      connection.close();
      const storage = await openEtcdStorage({ endpoints: etcd.endpoints, prefix });
      expect(await storage.currentRevision()).toBeGreaterThan(3e9);
      return { storage, leaseSeconds: 3, advance: (ms) => sleep(ms), dispose: () => storage.close() };
    });
  });
}
