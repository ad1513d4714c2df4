import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { key, put } from '../../testing/contract-fixture.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const dayMs = 24 * 3600 * 1000;
let path: string;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'canopy-clock-'));
  path = join(directory, 'store.db');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

/** Until another lease, granted for so long, has run out. */
async function outlast(storage: SqliteStorage, seconds: number): Promise<void> {
  const name = `/probe-${seconds}`;
  await put(storage, name, 'v', { lease: await storage.grantLease(seconds) });
  await vi.waitUntil(async () => (await storage.get(key(name))) === undefined, { timeout: 15_000 });
}

describe('leases of a store', () => {
  it.each([dayMs, -dayMs])('last as long as they were granted for when the clock is set by %i ms', async (jumpMs) => {
    const realNow = Date.now;
    const storage = await SqliteStorage.open({ path });
    await put(storage, '/long', 'v', { lease: await storage.grantLease(3600) });
    await put(storage, '/short', 'v', { lease: await storage.grantLease(0.5) });
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + jumpMs);
    await outlast(storage, 1);
    expect(await storage.get(key('/short'))).toBeUndefined();
    expect(await storage.get(key('/long'))).toBeDefined();
    await storage.close();
  });

  it('end in the time that they were granted for, counted from the start, when the clock was set back before it', async () => {
    const before = new ManualClock();
    before.advance(dayMs);
    const first = await SqliteStorage.open({ path, clock: before });
    await put(first, '/a', 'v', { lease: await first.grantLease(10) });
    await first.close();
    const clock = new ManualClock();
    const second = await SqliteStorage.open({ path, clock });
    for (let i = 0; i < 2; i++) {
      clock.advance(10_000);
      await second.grantLease(1000);
    }
    await vi.waitUntil(async () => (await second.get(key('/a'))) === undefined, { timeout: 5000 });
    await second.close();
  });
});
