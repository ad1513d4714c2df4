import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStorage } from '../drivers/memory/memory-storage.ts';
import { objectKey } from '../keys.ts';
import { Compactor } from './compactor.ts';

const tenYears = 10 * 365 * 86_400_000;

describe('history, when somebody sets the time of the machine', () => {
  let store: MemoryStorage;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    store = new MemoryStorage();
    const key = objectKey({ group: '', resource: 'configmaps', cluster: 'abc', namespace: 'default', name: 'a' });
    for (let i = 0; i < 3; i++)
      await store.transact({ compares: [], operations: [{ type: 'put', key, value: Buffer.from(`${i}`) }] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store.close();
  });

  it('does not go before its time', async () => {
    const compactor = new Compactor(store, { keepChanges: 0, keepMs: 3_600_000 });
    await compactor.runOnce();
    vi.setSystemTime(Date.now() + tenYears);
    await compactor.runOnce();
    expect(await store.compactedRevision()).toBe(0);
  });

  it('goes when its time has come', async () => {
    const compactor = new Compactor(store, { keepChanges: 0, keepMs: 20 });
    await compactor.runOnce();
    vi.setSystemTime(Date.now() - tenYears);
    await sleep(25);
    await compactor.runOnce();
    expect(await store.compactedRevision()).toBe(await store.currentRevision());
  });
});
