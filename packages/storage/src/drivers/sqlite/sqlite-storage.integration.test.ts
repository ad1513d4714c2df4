import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StorageKey } from '../../storage.ts';
import { ManualClock, storageContract } from '../../testing/storage-contract.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-storage-'));
let count = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

storageContract('SqliteStorage', async () => {
  const clock = new ManualClock();
  const storage = await SqliteStorage.open({ path: join(directory, `${count++}.db`), clock });
  return {
    storage,
    // A write comes back after everything that was queued before it.
    advance: async (ms) => {
      clock.advance(ms);
      await storage.transact({ compares: [], operations: [] });
    },
    dispose: () => storage.close(),
  };
});

describe('reads of a SqliteStorage', () => {
  it('never see what followers have not been told, however a commit falls between them', async () => {
    const storage = await SqliteStorage.open({ path: join(directory, `${count++}.db`) });
    let told = await storage.currentRevision();
    await storage.follow(told, {
      onChanges: (changes) => {
        told = changes.at(-1)?.revision ?? told;
      },
      onError: () => undefined,
    });
    const keys = ['/a', '/b', '/c'] as StorageKey[];
    let writing = true;
    const writers = keys.map(async (key) => {
      for (let i = 0; i < 200; i++) {
        const operation = { type: 'put', key, value: Buffer.from(String(i)), indexes: [{ index: 'x', value: 'y' }] };
        await storage.transact({ compares: [], operations: [operation as never] });
      }
    });
    const done = Promise.all(writers).then(() => {
      writing = false;
    });
    let reads = 0;
    while (writing) {
      const [one, all, indexed, revision] = await Promise.all([
        storage.get('/a' as StorageKey),
        storage.range('/'),
        storage.rangeIndex('x', 'y'),
        storage.currentRevision(),
      ]);
      const seen = [one, ...all.items, ...indexed.items].map((item) => item?.modRevision ?? 0);
      expect(Math.max(...seen, all.revision, indexed.revision, revision)).toBeLessThanOrEqual(told);
      reads += 1;
      // A turn of its own, so that a commit may come between the snapshot and its message.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    expect(reads).toBeGreaterThan(100);
    expect((await storage.range('/')).items.map(({ value }) => Buffer.from(value).toString())).toEqual([
      '199',
      '199',
      '199',
    ]);
    await storage.close();
  });
});
