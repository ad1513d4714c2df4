import { clusterIndex, deletingIndex, garbageMarkPrefix } from '@canopy/apiserver';
import { MemoryStorage, type Storage } from '@canopy/storage';
import { startControlPlane } from '@canopy/testing';
import { describe, expect, it } from 'vitest';
import { startControllers } from './controller-list.ts';
import {
  type ControllerFixture,
  clusterOf,
  configMap,
  depsOf,
  startFixture,
  workspace,
} from './testing/controller-fixture.ts';
import { cutStorage } from './testing/cut-storage.ts';

const at = { resource: 'workspaces.tenancy.kcp.io', name: 'top' };

async function makeTree(fixture: ControllerFixture): Promise<string[]> {
  const top = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('top')));
  const clusters = [top];
  for (const name of ['a', 'b', 'c', 'd']) {
    const child = clusterOf(await fixture.api(top).create('workspaces.tenancy.kcp.io', workspace(name)));
    clusters.push(child, clusterOf(await fixture.api(child).create('workspaces.tenancy.kcp.io', workspace('leaf'))));
  }
  return clusters;
}

async function leftIn(storage: Storage, clusters: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const cluster of clusters)
    left.push(...(await storage.rangeIndex(clusterIndex, cluster)).items.map(({ key }) => key));
  return left;
}

describe('controllers whose process dies', () => {
  it.each([1, 2, 3, 5, 8, 13])(
    'finish the deletion of a tree after a restart, having died after %i transactions',
    async (transactions) => {
      const real = new MemoryStorage();
      const cut = cutStorage(real);
      const first = await startFixture({ storage: cut.storage });
      const clusters = await makeTree(first);
      await first.settled();
      cut.cutAfter(transactions);
      await first
        .api('root')
        .remove(at)
        .catch(() => undefined);
      await first.until(
        async () => cut.isCut || (await real.rangeIndex(deletingIndex, 'tenancy.kcp.io/workspaces')).items.length === 0,
      );
      await first.stop();

      const second = await startFixture({ storage: real });
      await second
        .api('root')
        .remove(at)
        .catch(() => undefined);
      await second.until(async () => (await second.api('root').find(at)) === undefined);
      expect(await leftIn(real, clusters)).toEqual([]);
      await second.stop();
      expect(second.problems).toEqual([]);
    },
  );

  it('collect garbage that was marked while no controller ran', async () => {
    const storage = new MemoryStorage();
    const plane = await startControlPlane({ storage });
    const cluster = clusterOf(await plane.api('root').create('workspaces.tenancy.kcp.io', workspace('team')));
    const owner = await plane.api(cluster).create('configmaps', configMap('owner', 'default'));
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }];
    await plane.api(cluster).create('configmaps', configMap('child', 'default', { ownerReferences }));
    await plane.api(cluster).remove({ resource: 'configmaps', namespace: 'default', name: 'owner' });
    plane.close();
    expect(await storage.count(garbageMarkPrefix)).toBe(1);

    const fixture = await startFixture({ storage });
    await fixture.until(
      async () =>
        (await fixture.api(cluster).find({ resource: 'configmaps', namespace: 'default', name: 'child' })) ===
        undefined,
    );
    await fixture.until(async () => (await storage.count(garbageMarkPrefix)) === 0);
    await fixture.stop();
    expect(fixture.problems).toEqual([]);
  });

  it('see what changed while none ran, from their checkpoint on', async () => {
    const storage = new MemoryStorage();
    const plane = await startControlPlane({ storage });
    const first = await startControllers(depsOf(plane, []));
    const cluster = clusterOf(await plane.api('root').create('workspaces.tenancy.kcp.io', workspace('team')));
    await first.settled();
    await first.stop();
    const account = { resource: 'serviceaccounts', namespace: 'default', name: 'default' };
    await plane.api(cluster).remove(account);
    const second = await startControllers(depsOf(plane, []));
    await second.settled();
    expect(await plane.api(cluster).find(account)).toBeDefined();
    await second.stop();
    plane.close();
  });

  it('find their work by a scan when the log is compacted beyond their checkpoint', async () => {
    const storage = new MemoryStorage();
    const plane = await startControlPlane({ storage });
    const first = await startControllers(depsOf(plane, []));
    await plane.api('root').create('workspaces.tenancy.kcp.io', workspace('top'));
    await first.settled();
    await first.stop();
    await plane.api('root').remove(at);
    plane.close();
    await storage.compact(await storage.currentRevision());

    const fixture = await startFixture({ storage });
    await fixture.until(async () => (await fixture.api('root').find(at)) === undefined);
    await fixture.stop();
  });

  it('leave an idle store alone', async () => {
    const storage = new MemoryStorage();
    const fixture = await startFixture({ storage });
    await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team'));
    await fixture.settled();
    await fixture.stop();
    const again = await startFixture({ storage });
    await again.settled();
    const before = await storage.currentRevision();
    await again.stop();
    const after = await storage.currentRevision();
    expect(after - before).toBeLessThanOrEqual(1);
    const third = await startFixture({ storage });
    await third.settled();
    expect(await storage.currentRevision()).toBe(after);
    await third.stop();
  });
});
