import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ControllerFixture,
  clusterOf,
  conditionOf,
  configMap,
  object,
  phaseOfObject,
  startFixture,
  workspace,
} from '../../testing/controller-fixture.ts';

let fixture: ControllerFixture;
let cluster: string;

beforeEach(async () => {
  fixture = await startFixture();
  cluster = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team')));
  await fixture.api(cluster).create('namespaces', object('v1', 'Namespace', 'shop'));
});
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const shop = { resource: 'namespaces', name: 'shop' };
const account = { resource: 'serviceaccounts', namespace: 'shop', name: 'default' };
const rootCa = { resource: 'configmaps', namespace: 'shop', name: 'kube-root-ca.crt' };

describe('a namespace', () => {
  it('has its ServiceAccount and the CA from the start, and gets them back', async () => {
    const api = fixture.api(cluster);
    const first = await api.get(account);
    await api.get(rootCa);
    await api.remove(account);
    await fixture.until(async () => (await api.find(account)) !== undefined);
    expect((await api.get(account)).metadata.uid).not.toBe(first.metadata.uid);
    await api.update(rootCa, (map) => {
      map.data = { 'ca.crt': 'forged' };
    });
    await fixture.until(
      async () =>
        (await api.get(rootCa)).data !== undefined &&
        (await api.get(rootCa)).data !== null &&
        ((await api.get(rootCa)).data as { 'ca.crt': string })['ca.crt'] === 'test CA',
    );
  });

  it('disappears with all that it contains', async () => {
    const api = fixture.api(cluster);
    await api.create('configmaps', configMap('one', 'shop'));
    await api.create(
      'roles.rbac.authorization.k8s.io',
      object('rbac.authorization.k8s.io/v1', 'Role', 'reader', { namespace: 'shop', rules: [] }),
    );
    await api.create('configmaps', configMap('other', 'default'));
    await api.remove(shop);
    await fixture.until(async () => (await api.find(shop)) === undefined);
    expect(await api.list('configmaps', 'shop')).toEqual([]);
    expect(await api.list('roles.rbac.authorization.k8s.io', 'shop')).toEqual([]);
    expect(await api.list('serviceaccounts', 'shop')).toEqual([]);
    await api.get({ resource: 'configmaps', namespace: 'default', name: 'other' });
  });

  it('waits for content that others hold and tells what it is', async () => {
    const api = fixture.api(cluster);
    const held = { resource: 'configmaps', namespace: 'shop', name: 'held' };
    await api.create('configmaps', configMap('held', 'shop', { finalizers: ['example.com/hold'] }));
    await api.remove(shop);
    await fixture.until(async () => conditionOf(await api.find(shop), 'NamespaceFinalizersRemaining') !== undefined);
    const waiting = await api.get(shop);
    expect(phaseOfObject(waiting)).toBe('Terminating');
    expect(conditionOf(waiting, 'NamespaceContentRemaining')).toMatchObject({
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: 'Some resources are remaining: configmaps has 1 resource instances',
    });
    expect(conditionOf(waiting, 'NamespaceFinalizersRemaining')?.message).toContain(
      'example.com/hold in 1 resource instances',
    );
    await api.update(held, (map) => {
      map.metadata.finalizers = [];
    });
    await fixture.until(async () => (await api.find(shop)) === undefined);
  });
});
