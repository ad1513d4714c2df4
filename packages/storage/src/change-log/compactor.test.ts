import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../drivers/memory/memory-storage.ts';
import type { Revision, Storage } from '../storage.ts';
import { put } from '../testing/contract-fixture.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Compactor } from './compactor.ts';

async function write(storage: Storage, count: number): Promise<number> {
  let last = 0;
  for (let i = 0; i < count; i++) last = await put(storage, '/a', `${i}`);
  return last;
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a compactor', () => {
  it('drops only what is both older than the time and beyond the number to keep', async () => {
    const clock = new ManualClock();
    const storage = new MemoryStorage({ clock });
    const compactor = new Compactor(storage, { keepChanges: 10, keepMs: 1000, clock });
    const old = await write(storage, 50);
    await compactor.runOnce();
    expect(await storage.compactedRevision()).toBe(0);
    clock.advance(1001);
    await compactor.runOnce();
    expect(await storage.compactedRevision()).toBe(old - 10);
    await write(storage, 100);
    await compactor.runOnce();
    expect(await storage.compactedRevision()).toBe(old);
  });

  it('works by itself at its interval until it is stopped', async () => {
    const clock = new ManualClock();
    const storage = new MemoryStorage({ clock });
    const compactor = new Compactor(storage, { keepChanges: 1, keepMs: 1000, intervalMs: 500, clock });
    compactor.start();
    const first = await write(storage, 10);
    for (let i = 0; i < 4; i++) {
      clock.advance(500);
      await settle();
    }
    expect(await storage.compactedRevision()).toBe(first - 1);
    await compactor.stop();
    await write(storage, 10);
    clock.advance(10_000);
    await settle();
    expect(await storage.compactedRevision()).toBe(first - 1);
  });

  it('goes in bounded steps, and tries again after a failure', async () => {
    const clock = new ManualClock();
    const storage = new MemoryStorage({ clock });
    const steps: Revision[] = [];
    const errors: unknown[] = [];
    const compact = storage.compact.bind(storage);
    storage.compact = async (revision) => {
      steps.push(revision);
      if (steps.length === 1) throw new Error('disk trouble');
      await compact(revision);
    };
    await write(storage, 100);
    const compactor = new Compactor(storage, {
      keepChanges: 0,
      keepMs: 0,
      intervalMs: 500,
      maxStep: 40,
      clock,
      onError: (error) => errors.push(error),
    });
    compactor.start();
    for (let i = 0; i < 3; i++) {
      clock.advance(500);
      await settle();
    }
    await compactor.stop();
    expect(errors).toHaveLength(1);
    expect(steps).toEqual([40, 40, 80, 101]);
  });
});
