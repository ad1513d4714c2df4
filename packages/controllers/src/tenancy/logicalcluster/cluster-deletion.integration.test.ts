import { clusterIndex } from '@canopy/apiserver';
import { logicalClusterKey } from '@canopy/kcp';
import { afterEach, describe, expect, it } from 'vitest';
import { controllerList } from '../../controller-list.ts';
import { withoutEndedClusters } from '../../runtime/ended-clusters.ts';
import {
  type ControllerFixture,
  clusterOf,
  conditionOf,
  configMap,
  phaseOfObject,
  startFixture,
  workspace,
} from '../../testing/controller-fixture.ts';

let fixture: ControllerFixture;
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

async function contentOf(cluster: string): Promise<string[]> {
  return (await fixture.storage.rangeIndex(clusterIndex, cluster, {})).items.map(({ key }) => key);
}

async function makeTree(parent: string, names: readonly string[]): Promise<string[]> {
  const clusters: string[] = [];
  for (const name of names)
    clusters.push(clusterOf(await fixture.api(parent).create('workspaces.tenancy.kcp.io', workspace(name))));
  return clusters;
}

const at = (name: string) => ({ resource: 'workspaces.tenancy.kcp.io', name });

describe('deleting a workspace', () => {
  it('leaves nothing of it, of its logical cluster and of its children', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    const children = await makeTree(org, ['a', 'b', 'c']);
    const grandchildren = await makeTree(children[0] ?? '', ['d']);
    await fixture.api(org).create('configmaps', configMap('settings', 'default'));
    await fixture.settled();
    await fixture.api('root').remove(at('org'));
    await fixture.until(async () => (await fixture.api('root').find(at('org'))) === undefined);
    for (const cluster of [org, ...children, ...grandchildren]) expect(await contentOf(cluster)).toEqual([]);
  });

  it('never shows a workspace whose logical cluster is gone, nor a cluster whose workspace is', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    const children = await makeTree(
      org,
      Array.from({ length: 30 }, (_, i) => `team-${i}`),
    );
    await fixture.settled();
    await fixture.api('root').remove(at('org'));
    const listed = async (): Promise<Set<string>> =>
      new Set((await fixture.api(org).list('workspaces.tenancy.kcp.io')).map(clusterOf));
    const present = async (): Promise<Set<string>> => {
      const found = await Promise.all(
        children.map(async (name) => ((await fixture.storage.get(logicalClusterKey(name))) ? [name] : [])),
      );
      return new Set(found.flat());
    };
    let looks = 0;
    for (let left = await present(); left.size > 0; left = await present()) {
      const shown = await listed();
      const later = await present();
      for (const name of shown) expect(left).toContain(name);
      for (const name of later) expect(shown).toContain(name);
      looks += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(looks).toBeGreaterThan(1);
    await fixture.until(async () => (await fixture.api('root').find(at('org'))) === undefined);
    expect(await contentOf(org)).toEqual([]);
  });

  it('waits for what others hold, says so, and goes on when they let go', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    await fixture.api(org).create('configmaps', configMap('held', 'default', { finalizers: ['example.com/hold'] }));
    await fixture.api(org).create('configmaps', configMap('free', 'default'));
    await fixture.api('root').remove(at('org'));
    await fixture.until(
      async () => conditionOf(await fixture.api('root').find(at('org')), 'WorkspaceContentDeleted') !== undefined,
    );
    const waiting = await fixture.api('root').get(at('org'));
    expect(phaseOfObject(waiting)).toBe('Deleting');
    expect(conditionOf(waiting, 'WorkspaceContentDeleted')).toMatchObject({
      status: 'False',
      reason: 'SomeResourcesRemain',
    });
    expect(conditionOf(waiting, 'WorkspaceContentDeleted')?.message).toContain('configmaps has 1 resource instances');
    await fixture.settled();
    expect((await fixture.api(org).list('configmaps', 'default')).map(({ metadata }) => metadata.name)).toEqual([
      'held',
    ]);
    expect(await fixture.api(org).list('serviceaccounts', 'default')).toEqual([]);
    await fixture.api(org).update({ resource: 'configmaps', namespace: 'default', name: 'held' }, (held) => {
      held.metadata.finalizers = [];
    });
    await fixture.until(async () => (await fixture.api('root').find(at('org'))) === undefined);
    expect(await contentOf(org)).toEqual([]);
  });

  it('waits for a child whose logical cluster others hold', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    const [child = ''] = await makeTree(org, ['child']);
    const cluster = { resource: 'logicalclusters.core.kcp.io', name: 'cluster' };
    await fixture.api(child).update(cluster, ({ metadata }) => {
      metadata.finalizers = [...(metadata.finalizers ?? []), 'example.com/hold'];
    });
    await fixture.api('root').remove(at('org'));
    await fixture.until(
      async () => (await fixture.api(child).get(cluster)).metadata.finalizers?.join() === 'example.com/hold',
    );
    await fixture.settled();
    expect(await fixture.api('root').find(at('org'))).toBeDefined();
    await fixture.api(child).update(cluster, ({ metadata }) => {
      metadata.finalizers = [];
    });
    await fixture.until(async () => (await fixture.api('root').find(at('org'))) === undefined);
    for (const name of [org, child]) expect(await contentOf(name)).toEqual([]);
  });

  it('takes what a workspace owns beside it', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    const owner = await fixture.api(org).create('workspaces.tenancy.kcp.io', workspace('owner'));
    const { apiVersion, kind, metadata } = owner;
    const ownerReferences = [{ apiVersion, kind, name: 'owner', uid: metadata.uid ?? '' }];
    await fixture.api(org).create('configmaps', configMap('owned', 'default', { ownerReferences }));
    await fixture.api(org).remove(at('owner'));
    const owned = { resource: 'configmaps', namespace: 'default', name: 'owned' };
    await fixture.until(async () => (await fixture.api(org).find(owned)) === undefined);
  });

  it('wakes, for each of its children, only the controller that deletes them', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    const [child = ''] = await makeTree(org, ['child']);
    await fixture.settled();
    const controllers = controllerList(fixture.deps);
    const woken = new Set<string>();
    const { hub, storage } = fixture.deps.registry;
    const watching = hub.watch({
      prefix: '',
      after: await storage.currentRevision(),
      onChanges: (changes) => {
        for (const change of withoutEndedClusters(changes))
          for (const { name, watches, keysOf } of controllers)
            if (watches.some((watched) => watched === '*' || change.key.startsWith(`/r/${watched}/`)))
              keysOf(change, (key) => {
                if (key === child || key === `${org}/child`) woken.add(name);
              });
      },
      onEnd: () => undefined,
    });
    await fixture.api('root').remove(at('org'));
    await fixture.until(async () => (await fixture.api('root').find(at('org'))) === undefined);
    watching.close();
    expect([...woken]).toEqual(['core/logicalcluster']);
  });

  it('lets terminators finish before it touches the content', async () => {
    fixture = await startFixture();
    await fixture.api('root').create('workspacetypes.tenancy.kcp.io', {
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      kind: 'WorkspaceType',
      metadata: { name: 'guarded' },
      spec: { terminator: true, extend: { with: [{ name: 'universal', path: 'root' }] } },
    });
    const guarded = await fixture.api('root').create('workspaces.tenancy.kcp.io', {
      ...workspace('guarded'),
      spec: { type: { name: 'guarded', path: 'root' } },
    });
    const cluster = clusterOf(guarded);
    await fixture.api('root').remove(at('guarded'));
    await fixture.until(async () => phaseOfObject(await fixture.api('root').find(at('guarded'))) === 'Terminating');
    await fixture.settled();
    expect((await contentOf(cluster)).length).toBeGreaterThan(5);
    await fixture.api(cluster).update(
      { resource: 'logicalclusters.core.kcp.io', name: 'cluster' },
      (logicalCluster) => {
        (logicalCluster.status as { terminators: string[] }).terminators = [];
      },
      'status',
    );
    await fixture.until(async () => (await fixture.api('root').find(at('guarded'))) === undefined);
    expect(await contentOf(cluster)).toEqual([]);
  });

  it('goes with its logical cluster when that is deleted directly', async () => {
    fixture = await startFixture();
    const [org = ''] = await makeTree('root', ['org']);
    await fixture.api(org).remove({ resource: 'logicalclusters.core.kcp.io', name: 'cluster' });
    await fixture.until(async () => (await fixture.api('root').find(at('org'))) === undefined);
    expect(await contentOf(org)).toEqual([]);
  });
});
