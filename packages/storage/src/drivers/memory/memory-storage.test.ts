import { ManualClock, storageContract } from '../../testing/storage-contract.ts';
import { MemoryStorage } from './memory-storage.ts';

storageContract('MemoryStorage', async () => {
  const clock = new ManualClock();
  const storage = new MemoryStorage({ clock });
  return { storage, advance: async (ms) => clock.advance(ms), dispose: () => storage.close() };
});
