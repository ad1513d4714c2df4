import { describe, expect, it } from 'vitest';
import { findEtcd } from './find-etcd.ts';
import { startEtcd } from './start-etcd.ts';

for (const [age, binary] of Object.entries(findEtcd())) {
  describe.skipIf(!binary.found)(`etcd for tests, ${age}${binary.found ? '' : ` (${binary.reason})`}`, () => {
    it('loses its leader and finds another, and takes the lost member back', { timeout: 60_000 }, async () => {
      const etcd = await startEtcd({ binary: binary.found ? binary.path : '', members: 3 });
      try {
        const first = await etcd.leader();
        await first.kill();
        expect(await first.status()).toBeUndefined();
        const second = await etcd.leader();
        expect(second.name).not.toBe(first.name);
        await first.restart();
        expect((await first.status())?.leader).toBe((await (await etcd.leader()).status())?.id);
      } finally {
        await etcd.stop();
      }
    });
  });
}
