import type { KubeObject, OwnerReference } from '@canopy/apimachinery';
import { garbageMarkPrefix } from '@canopy/apiserver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ControllerFixture,
  clusterOf,
  configMap,
  object,
  startFixture,
  workspace,
} from '../testing/controller-fixture.ts';

let fixture: ControllerFixture;
let cluster: string;

beforeEach(async () => {
  fixture = await startFixture();
  cluster = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team')));
});
afterEach(async () => {
  await fixture.until(async () => (await fixture.storage.count(garbageMarkPrefix)) === 0);
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const at = (name: string) => ({ resource: 'configmaps', namespace: 'default', name });
const ownedBy = (owner: KubeObject, rest: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name ?? '',
  uid: owner.metadata.uid ?? '',
  ...rest,
});

async function make(
  name: string,
  owners: OwnerReference[] = [],
  metadata: KubeObject['metadata'] = {},
): Promise<KubeObject> {
  return fixture
    .api(cluster)
    .create(
      'configmaps',
      configMap(name, 'default', { ...metadata, ...(owners.length > 0 ? { ownerReferences: owners } : {}) }),
    );
}
const exists = async (name: string): Promise<boolean> => (await fixture.api(cluster).find(at(name))) !== undefined;
const isGone = (name: string): Promise<void> => fixture.until(async () => !(await exists(name)));

describe('garbage collection', () => {
  it('deletes dependents of dependents after their owner', async () => {
    const owner = await make('owner');
    const child = await make('child', [ownedBy(owner)]);
    await make('grandchild', [ownedBy(child)]);
    await fixture.api(cluster).remove(at('owner'), 'Background');
    await isGone('grandchild');
    expect(await exists('child')).toBe(false);
  });

  it('keeps what another owner still has, without the reference to the one that is gone', async () => {
    const a = await make('a');
    const b = await make('b');
    await make('shared', [ownedBy(a), ownedBy(b)]);
    await fixture.api(cluster).remove(at('a'));
    await fixture.until(
      async () => (await fixture.api(cluster).get(at('shared'))).metadata.ownerReferences?.length === 1,
    );
    expect((await fixture.api(cluster).get(at('shared'))).metadata.ownerReferences?.[0]?.name).toBe('b');
    await fixture.api(cluster).remove(at('b'));
    await isGone('shared');
  });

  it('orphans when asked to', async () => {
    const owner = await make('owner');
    await make('child', [ownedBy(owner)]);
    await fixture.api(cluster).remove(at('owner'), 'Orphan');
    await isGone('owner');
    expect((await fixture.api(cluster).get(at('child'))).metadata.ownerReferences).toBeUndefined();
  });

  it('keeps an owner in the foreground until dependents that block it are gone', async () => {
    const owner = await make('owner');
    await make('blocking', [ownedBy(owner, { blockOwnerDeletion: true })], { finalizers: ['example.com/hold'] });
    await fixture.api(cluster).remove(at('owner'), 'Foreground');
    await fixture.until(
      async () => (await fixture.api(cluster).get(at('blocking'))).metadata.deletionTimestamp !== undefined,
    );
    await fixture.settled();
    expect(await exists('owner')).toBe(true);
    await fixture.api(cluster).update(at('blocking'), (map) => {
      map.metadata.finalizers = [];
    });
    await isGone('owner');
  });

  it('resolves a cycle of owners that block each other', async () => {
    const a = await make('a');
    const b = await make('b', [ownedBy(a, { blockOwnerDeletion: true })]);
    await fixture.api(cluster).update(at('a'), (map) => {
      map.metadata.ownerReferences = [ownedBy(b, { blockOwnerDeletion: true })];
    });
    await fixture.api(cluster).remove(at('a'), 'Foreground');
    await isGone('a');
    await isGone('b');
  });

  it('deletes what names an owner that never was, by uid', async () => {
    const owner = await make('owner');
    await make('stray', [{ ...ownedBy(owner), uid: 'another-uid' }]);
    await isGone('stray');
    expect(await exists('owner')).toBe(true);
  });

  it('only tells of a cluster-scoped object with a namespaced owner', async () => {
    const owner = await make('owner');
    const api = fixture.api(cluster);
    await api.create('clusterroles.rbac.authorization.k8s.io', {
      ...object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'wide', { rules: [] }),
      metadata: { name: 'wide', ownerReferences: [ownedBy(owner)] },
    });
    await fixture.until(async () =>
      (await api.list('events', 'default')).some((event) => event.reason === 'OwnerRefInvalidNamespace'),
    );
    await api.get({ resource: 'clusterroles.rbac.authorization.k8s.io', name: 'wide' });
  });

  it('lets a cluster-scoped owner have namespaced dependents', async () => {
    const api = fixture.api(cluster);
    const role = await api.create(
      'clusterroles.rbac.authorization.k8s.io',
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'owner', { rules: [] }),
    );
    await make('child', [ownedBy(role)]);
    await fixture.settled();
    expect(await exists('child')).toBe(true);
    await api.remove({ resource: 'clusterroles.rbac.authorization.k8s.io', name: 'owner' });
    await isGone('child');
  });
});
