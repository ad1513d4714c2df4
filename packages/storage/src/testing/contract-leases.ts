import { describe, expect, it } from 'vitest';
import { bytes, entries, expectStorageError, key, put, Recorder } from './contract-fixture.ts';
import type { WithStorage } from './storage-contract.ts';

export function leaseContract(withStorage: WithStorage): void {
  describe('leases', () => {
    it('delete their keys when they expire, as ordinary changes', () =>
      withStorage(async ({ storage, advance, leaseSeconds = 10 }) => {
        const lease = await storage.grantLease(leaseSeconds);
        await put(storage, '/leased/1', 'v', { lease, indexes: [{ index: 'i', value: 'v' }] });
        await put(storage, '/leased/2', 'v', { lease });
        const last = await put(storage, '/free', 'v');
        const recorder = await Recorder.follow(storage, last);
        await advance(leaseSeconds * 500);
        expect(await storage.count('/leased/')).toBe(2);
        await advance(leaseSeconds * 600);
        await recorder.reached(last + 2);
        expect(recorder.lines.map((line) => line.slice(line.indexOf(' ') + 1))).toEqual([
          'delete /leased/1',
          'delete /leased/2',
        ]);
        expect(entries(await storage.range('/'))).toEqual(['/free=v']);
        expect(await storage.indexValues('i', '')).toEqual([]);
        await expectStorageError(storage.keepLeaseAlive(lease), 'LeaseNotFound');
      }));

    it('live on while they are kept alive', () =>
      withStorage(async ({ storage, advance, leaseSeconds = 10 }) => {
        const lease = await storage.grantLease(leaseSeconds);
        const last = await put(storage, '/a', 'v', { lease });
        const recorder = await Recorder.follow(storage, last);
        for (let i = 0; i < 4; i++) {
          await advance(leaseSeconds * 600);
          await storage.keepLeaseAlive(lease);
        }
        expect(await storage.count('/')).toBe(1);
        await advance(leaseSeconds * 1100);
        await recorder.reached(last + 1);
        expect(await storage.count('/')).toBe(0);
      }));

    it('delete their keys at once when revoked', () =>
      withStorage(async ({ storage }) => {
        const lease = await storage.grantLease(10);
        await put(storage, '/a', 'v', { lease });
        await storage.revokeLease(lease);
        expect(await storage.count('/')).toBe(0);
        await expectStorageError(storage.revokeLease(lease), 'LeaseNotFound');
        const other = await storage.grantLease(10);
        expect(other).not.toBe(lease);
      }));

    it('let go of a key that is put without them, or deleted', () =>
      withStorage(async ({ storage }) => {
        const lease = await storage.grantLease(10);
        await put(storage, '/a', '1', { lease });
        await put(storage, '/a', '2');
        await put(storage, '/b', '1');
        await put(storage, '/b', '2', { lease });
        await storage.revokeLease(lease);
        expect(entries(await storage.range('/'))).toEqual(['/a=2']);
      }));

    it('must exist when a key is put under them', () =>
      withStorage(async ({ storage }) => {
        const operations = [
          { type: 'put' as const, key: key('/a'), value: bytes('v') },
          { type: 'put' as const, key: key('/b'), value: bytes('v'), lease: 999_999 },
        ];
        await expectStorageError(storage.transact({ compares: [], operations }), 'LeaseNotFound');
        expect(await storage.count('/')).toBe(0);
      }));
  });
}
