import type { KubeObject } from '@canopy/apimachinery';
import { claimLabelKey, claimLabelValue, logicalClusterKey, readLocks, readObject } from '@canopy/kcp';
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
let provider: string;
let consumer: string;

beforeEach(async () => {
  fixture = await startFixture();
  provider = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('provider')));
  consumer = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('consumer')));
});
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const bindingAt = (name: string) => ({ resource: 'apibindings.apis.kcp.io', name });

async function makeSchema(prefix: string, plural: string, kind: string): Promise<void> {
  const names = { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` };
  await fixture.api(provider).create(
    'apiresourceschemas.apis.kcp.io',
    object('apis.kcp.io/v1alpha1', 'APIResourceSchema', `${prefix}.${plural}.example.com`, {
      spec: {
        group: 'example.com',
        names,
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        ],
      },
    }),
  );
}

const entry = (prefix: string, plural: string) => ({
  name: plural,
  group: 'example.com',
  schema: `${prefix}.${plural}.example.com`,
  storage: { crd: {} },
});

async function makeExport(resources: object[], claims: object[] = []): Promise<KubeObject> {
  return fixture.api(provider).create(
    'apiexports.apis.kcp.io',
    object('apis.kcp.io/v1alpha2', 'APIExport', 'shop', {
      spec: { resources, ...(claims.length > 0 ? { permissionClaims: claims } : {}) },
    }),
  );
}

function bind(name: string, claims: object[] = []): Promise<KubeObject> {
  const spec = {
    reference: { export: { path: provider, name: 'shop' } },
    ...(claims.length > 0 ? { permissionClaims: claims } : {}),
  };
  return fixture
    .api(consumer)
    .create('apibindings.apis.kcp.io', object('apis.kcp.io/v1alpha2', 'APIBinding', name, { spec }));
}

const widget = (name: string, metadata: KubeObject['metadata'] = {}): KubeObject =>
  object('example.com/v1', 'Widget', name, { namespace: 'default', metadata });

describe('a binding', () => {
  it('is tried again when its export appears', async () => {
    const made = await bind('shop');
    expect(phaseOfObject(made)).toBe('Binding');
    await makeSchema('v1', 'widgets', 'Widget');
    await makeExport([entry('v1', 'widgets')]);
    await fixture.until(async () => phaseOfObject(await fixture.api(consumer).get(bindingAt('shop'))) === 'Bound');
    await fixture.api(consumer).create('widgets.example.com', widget('one'));
  });

  it('is tried again when the schema that its export lacks appears', async () => {
    await makeExport([entry('v1', 'widgets')]);
    expect(phaseOfObject(await bind('shop'))).toBe('Binding');
    await makeSchema('v1', 'widgets', 'Widget');
    await fixture.until(async () => phaseOfObject(await fixture.api(consumer).get(bindingAt('shop'))) === 'Bound');
  });

  it('follows its export: new resources come, removed ones go with their lock', async () => {
    await makeSchema('v1', 'widgets', 'Widget');
    await makeSchema('v1', 'gadgets', 'Gadget');
    await makeExport([entry('v1', 'widgets')]);
    await bind('shop');
    await fixture.api(provider).update({ resource: 'apiexports.apis.kcp.io', name: 'shop' }, (shop) => {
      shop.spec = { ...(shop.spec as object), resources: [entry('v1', 'gadgets')] };
    });
    const bound = async (): Promise<string[]> => {
      const { status } = await fixture.api(consumer).get(bindingAt('shop'));
      return (status as { boundResources: { resource: string }[] }).boundResources.map(({ resource }) => resource);
    };
    await fixture.until(async () => (await bound()).join() === 'gadgets');
    const cluster = await readObject(fixture.storage, logicalClusterKey(consumer));
    expect(Object.keys(readLocks(cluster?.object as KubeObject)).filter((key) => key.endsWith('example.com'))).toEqual([
      'gadgets.example.com',
    ]);
  });

  it('takes its objects with it, waits for those that others hold, and gives its locks back', async () => {
    await makeSchema('v1', 'widgets', 'Widget');
    await makeExport([entry('v1', 'widgets')]);
    await bind('shop');
    const api = fixture.api(consumer);
    await api.create('widgets.example.com', widget('free'));
    await api.create('widgets.example.com', widget('held', { finalizers: ['example.com/hold'] }));
    await api.remove(bindingAt('shop'));
    await fixture.until(
      async () => conditionOf(await api.find(bindingAt('shop')), 'BindingResourceDeleteSuccess') !== undefined,
    );
    expect(conditionOf(await api.get(bindingAt('shop')), 'BindingResourceDeleteSuccess')).toMatchObject({
      status: 'False',
      reason: 'SomeFinalizersRemain',
    });
    expect(await api.find({ resource: 'widgets.example.com', namespace: 'default', name: 'free' })).toBeUndefined();
    await api.update({ resource: 'widgets.example.com', namespace: 'default', name: 'held' }, (held) => {
      held.metadata.finalizers = [];
    });
    await fixture.until(async () => (await api.find(bindingAt('shop'))) === undefined);
    const cluster = await readObject(fixture.storage, logicalClusterKey(consumer));
    expect(readLocks(cluster?.object as KubeObject)['widgets.example.com']).toBeUndefined();
  });

  it('gets what a conflicting binding held once that is gone', async () => {
    await makeSchema('v1', 'widgets', 'Widget');
    await makeExport([entry('v1', 'widgets')]);
    await bind('first');
    const second = await bind('second');
    expect(conditionOf(second, 'InitialBindingCompleted')?.reason).toBe('NamingConflicts');
    await fixture.api(consumer).remove(bindingAt('first'));
    await fixture.until(async () => phaseOfObject(await fixture.api(consumer).get(bindingAt('second'))) === 'Bound');
  });
});

describe('permission claims', () => {
  const claim = { group: '', resource: 'configmaps', verbs: ['*'] };
  const accepted = { ...claim, state: 'Accepted', selector: { matchAll: true } };
  const settings = { resource: 'configmaps', namespace: 'default', name: 'settings' };
  const label = (): string => claimLabelKey(provider, 'shop');
  const labelOf = async (at = settings): Promise<string | undefined> =>
    (await fixture.api(consumer).get(at)).metadata.labels?.[label()];

  it('label objects that are there, and take the labels away when they end', async () => {
    await fixture.api(consumer).create('configmaps', configMap('settings', 'default'));
    await makeSchema('v1', 'widgets', 'Widget');
    await makeExport([entry('v1', 'widgets')], [claim]);
    await bind('shop', [accepted]);
    await fixture.until(async () => (await labelOf()) === claimLabelValue(claim));
    await fixture.until(
      async () =>
        conditionOf(await fixture.api(consumer).get(bindingAt('shop')), 'PermissionClaimsApplied')?.status === 'True',
    );
    expect((await fixture.api(consumer).get(bindingAt('shop'))).status).toMatchObject({
      appliedPermissionClaims: [{ resource: 'configmaps' }],
    });
    await fixture.api(consumer).create('configmaps', configMap('later', 'default'));
    expect(await labelOf({ ...settings, name: 'later' })).toBe(claimLabelValue(claim));
    await fixture.api(provider).update({ resource: 'apiexports.apis.kcp.io', name: 'shop' }, (shop) => {
      delete (shop.spec as { permissionClaims?: object[] }).permissionClaims;
    });
    await fixture.until(
      async () => (await labelOf()) === undefined && (await labelOf({ ...settings, name: 'later' })) === undefined,
    );
    await fixture.until(
      async () =>
        !('appliedPermissionClaims' in ((await fixture.api(consumer).get(bindingAt('shop'))).status as object)),
    );
  });

  it('follow a selector that changes', async () => {
    await fixture.api(consumer).create('configmaps', configMap('settings', 'default', { labels: { tier: 'gold' } }));
    await fixture.api(consumer).create('configmaps', configMap('plain', 'default'));
    await makeSchema('v1', 'widgets', 'Widget');
    await makeExport([entry('v1', 'widgets')], [claim]);
    await bind('shop', [accepted]);
    await fixture.until(async () => (await labelOf({ ...settings, name: 'plain' })) !== undefined);
    await fixture.api(consumer).update(bindingAt('shop'), (binding) => {
      (binding.spec as { permissionClaims: object[] }).permissionClaims = [
        { ...accepted, selector: { matchLabels: { tier: 'gold' } } },
      ];
    });
    await fixture.until(async () => (await labelOf({ ...settings, name: 'plain' })) === undefined);
    expect(await labelOf()).toBe(claimLabelValue(claim));
  });

  it('go with their binding', async () => {
    await fixture.api(consumer).create('configmaps', configMap('settings', 'default'));
    await makeSchema('v1', 'widgets', 'Widget');
    await makeExport([entry('v1', 'widgets')], [claim]);
    await bind('shop', [accepted]);
    await fixture.until(async () => (await labelOf()) !== undefined);
    await fixture.api(consumer).remove(bindingAt('shop'));
    await fixture.until(async () => (await fixture.api(consumer).find(bindingAt('shop'))) === undefined);
    expect(await labelOf()).toBeUndefined();
  });
});
