import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
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
