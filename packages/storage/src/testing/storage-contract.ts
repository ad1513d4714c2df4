import { describe, expect, it } from 'vitest';
import { expectStorageError, key, type OpenStorage, put, type StorageHarness } from './contract-fixture.ts';
import { leaseContract } from './contract-leases.ts';
import { logContract } from './contract-log.ts';
import { modelContract } from './contract-model.ts';
import { readContract } from './contract-reads.ts';
import { transactionContract } from './contract-transactions.ts';

export { type OpenStorage, Recorder, type StorageHarness } from './contract-fixture.ts';
export { type EtcdBinaries, type EtcdBinary, findEtcd } from './etcd/find-etcd.ts';
export { type EtcdCluster, type StartEtcdOptions, startEtcd } from './etcd/start-etcd.ts';
export { ManualClock } from './manual-clock.ts';

/** Runs a test with a fresh store and disposes of it. */
export type WithStorage = (test: (harness: StorageHarness) => Promise<void>) => Promise<void>;

/** What every implementation of `Storage` must do; call it in a test file of the driver. `open` gives a fresh, empty store. */
export function storageContract(driver: string, open: OpenStorage): void {
  const withStorage: WithStorage = async (test) => {
    const harness = await open();
    try {
      await test(harness);
    } finally {
      await harness.dispose();
    }
  };
  describe(`${driver} as a store`, () => {
    transactionContract(withStorage);
    readContract(withStorage);
    logContract(withStorage);
    leaseContract(withStorage);
    modelContract(withStorage);

    it('completes what was asked for before it closes, and refuses everything after', () =>
      withStorage(async ({ storage }) => {
        const pending = put(storage, '/a', '1');
        await storage.close();
        expect(await pending).toBeGreaterThan(0);
        await expectStorageError(storage.get(key('/a')), 'Closed');
        await expectStorageError(storage.range('/'), 'Closed');
        await expectStorageError(put(storage, '/a', '2'), 'Closed');
        await expectStorageError(storage.currentRevision(), 'Closed');
        await expectStorageError(storage.grantLease(1), 'Closed');
        await storage.close();
      }));
  });
}
