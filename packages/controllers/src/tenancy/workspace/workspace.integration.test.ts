import { logicalClusterKey } from '@canopy/kcp';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ControllerFixture,
  clusterOf,
  conditionOf,
  object,
  phaseOfObject,
  startFixture,
  workspace,
} from '../../testing/controller-fixture.ts';

let fixture: ControllerFixture;
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const at = (name: string) => ({ resource: 'workspaces.tenancy.kcp.io', name });
const own = { resource: 'logicalclusters.core.kcp.io', name: 'cluster' };

async function makeType(spec: object): Promise<void> {
  const extended = { extend: { with: [{ name: 'universal', path: 'root' }] }, ...spec };
  await fixture
    .api('root')
    .create(
      'workspacetypes.tenancy.kcp.io',
      object('tenancy.kcp.io/v1alpha1', 'WorkspaceType', 'special', { spec: extended }),
    );
}
const special = (name: string) => ({ ...workspace(name), spec: { type: { name: 'special', path: 'root' } } });

describe('a workspace', () => {
  it('becomes ready when the last initializer has been removed, with label, condition and reduced owner', async () => {
    fixture = await startFixture();
    await makeType({ initializer: true });
    const user = { name: 'alice', groups: ['developers'] };
    const made = await fixture.api('root', user).create('workspaces.tenancy.kcp.io', special('team'));
    expect(phaseOfObject(made)).toBe('Initializing');
    await fixture.api(clusterOf(made)).update(
      own,
      (cluster) => {
        (cluster.status as { initializers: string[] }).initializers = [];
      },
      'status',
    );
    await fixture.until(async () => phaseOfObject(await fixture.api('root').get(at('team'))) === 'Ready');
    const ready = await fixture.api('root').get(at('team'));
    expect(ready.metadata.labels?.['tenancy.kcp.io/phase']).toBe('Ready');
    expect(conditionOf(ready, 'WorkspaceInitialized')?.status).toBe('True');
    expect(ready.metadata.annotations?.['experimental.tenancy.kcp.io/owner']).toBe('{"username":"alice"}');
    const cluster = await fixture.api(clusterOf(made)).get(own);
    expect(Object.keys(cluster.metadata.labels ?? {})).toEqual(['tenancy.kcp.io/phase']);
  });

  it('is switched off and on by the annotation of its logical cluster', async () => {
    fixture = await startFixture();
    const api = fixture.api(
      clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team'))),
    );
    await api.update(own, (cluster) => {
      cluster.metadata.annotations = { ...cluster.metadata.annotations, 'core.kcp.io/inactive': 'true' };
    });
    await fixture.until(async () => phaseOfObject(await api.get(own)) === 'Inactive');
    await api.update(own, (cluster) => void delete cluster.metadata.annotations?.['core.kcp.io/inactive']);
    await fixture.until(async () => phaseOfObject(await api.get(own)) === 'Ready');
  });

  it('is scheduled as soon as a shard takes it', async () => {
    let open = false;
    fixture = await startFixture({ matches: () => open });
    const made = await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team'));
    expect(conditionOf(made, 'WorkspaceScheduled')?.reason).toBe('Unschedulable');
    await fixture.settled();
    open = true;
    await fixture.api('root').update({ resource: 'shards.core.kcp.io', name: 'root' }, (shard) => {
      shard.metadata.labels = { ...shard.metadata.labels, zone: 'a' };
    });
    await fixture.until(async () => phaseOfObject(await fixture.api('root').get(at('team'))) === 'Ready');
    await fixture
      .api(clusterOf(await fixture.api('root').get(at('team'))))
      .get({ resource: 'namespaces', name: 'default' });
  });

  it('is unavailable when its logical cluster has disappeared', async () => {
    let now = Date.now();
    fixture = await startFixture({ clock: { now: () => now } });
    now -= 3_600_000;
    const made = await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team'));
    now += 3_600_000;
    await fixture.settled();
    await fixture.storage.transact({
      compares: [],
      operations: [{ type: 'delete', key: logicalClusterKey(clusterOf(made)) }],
    });
    await fixture.until(async () => phaseOfObject(await fixture.api('root').get(at('team'))) === 'Unavailable');
    expect(conditionOf(await fixture.api('root').get(at('team')), 'WorkspaceInitialized')?.reason).toBe(
      'WorkspaceDisappeared',
    );
  });
});

describe('default bindings', () => {
  async function makeExport(): Promise<void> {
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { type: 'object' } }];
    await fixture.api('root').create(
      'apiresourceschemas.apis.kcp.io',
      object('apis.kcp.io/v1alpha1', 'APIResourceSchema', 'v1.widgets.example.com', {
        spec: { group: 'example.com', names, scope: 'Cluster', versions },
      }),
    );
    const resources = [
      { name: 'widgets', group: 'example.com', schema: 'v1.widgets.example.com', storage: { crd: {} } },
    ];
    await fixture
      .api('root')
      .create('apiexports.apis.kcp.io', object('apis.kcp.io/v1alpha2', 'APIExport', 'shop', { spec: { resources } }));
  }

  it('keep a workspace initializing until their export is there', async () => {
    fixture = await startFixture();
    await makeType({ defaultAPIBindings: [{ path: 'root', export: 'shop' }] });
    const made = await fixture.api('root').create('workspaces.tenancy.kcp.io', special('team'));
    expect(phaseOfObject(made)).toBe('Initializing');
    await fixture.settled();
    await makeExport();
    await fixture.until(async () => phaseOfObject(await fixture.api('root').get(at('team'))) === 'Ready');
    expect(conditionOf(await fixture.api(clusterOf(made)).get(own), 'APIBindingsInitialized')?.status).toBe('True');
    expect(await fixture.api(clusterOf(made)).list('widgets.example.com')).toEqual([]);
  });

  it('come back with the lifecycle Maintain', async () => {
    fixture = await startFixture();
    await makeExport();
    await makeType({ defaultAPIBindings: [{ path: 'root', export: 'shop' }], defaultAPIBindingLifecycle: 'Maintain' });
    const api = fixture.api(clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', special('team'))));
    const bindings = async () =>
      (await api.list('apibindings.apis.kcp.io')).filter(
        ({ spec }) => (spec as { reference: { export: { name: string } } }).reference.export.name === 'shop',
      );
    const [first] = await bindings();
    await api.remove({ resource: 'apibindings.apis.kcp.io', name: first?.metadata.name ?? '' });
    await fixture.until(async () => {
      const [now] = await bindings();
      return now !== undefined && now.metadata.uid !== first?.metadata.uid && phaseOfObject(now) === 'Bound';
    });
  });
});
