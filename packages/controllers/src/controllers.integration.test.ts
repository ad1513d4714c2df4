import { boundCrdsCluster, crdKey } from '@canopy/kcp';
import { objectPrefix } from '@canopy/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { leastAgeMs, removeUnused } from './apis/crd-cleanup/crd-cleanup-controller.ts';
import {
  type ControllerFixture,
  clusterOf,
  configMap,
  object,
  startFixture,
  workspace,
} from './testing/controller-fixture.ts';

let fixture: ControllerFixture;
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const makeTeam = async (): Promise<string> =>
  clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team')));
const rbac = 'rbac.authorization.k8s.io';

describe('the controllers of built-in kinds', () => {
  it('recount quotas after deletions', async () => {
    fixture = await startFixture();
    const api = fixture.api(await makeTeam());
    await api.create('configmaps', configMap('one', 'default'));
    await api.create(
      'resourcequotas',
      object('v1', 'ResourceQuota', 'limits', { namespace: 'default', spec: { hard: { configmaps: '5' } } }),
    );
    const used = async (): Promise<string | undefined> => {
      const { status } = await api.get({ resource: 'resourcequotas', namespace: 'default', name: 'limits' });
      return (status as { used?: Record<string, string> } | undefined)?.used?.configmaps;
    };
    await fixture.until(async () => (await used()) === '2');
    await api.remove({ resource: 'configmaps', namespace: 'default', name: 'one' });
    await fixture.until(async () => (await used()) === '1');
  });

  it('give legacy token secrets their token and delete them with their account', async () => {
    fixture = await startFixture();
    const api = fixture.api(await makeTeam());
    const at = { resource: 'secrets', namespace: 'default', name: 'token' };
    await api.create('serviceaccounts', object('v1', 'ServiceAccount', 'robot', { namespace: 'default' }));
    await api.create('secrets', {
      ...object('v1', 'Secret', 'token', { namespace: 'default', type: 'kubernetes.io/service-account-token' }),
      metadata: { name: 'token', namespace: 'default', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    });
    const data = async () => (await api.get(at)).data as Record<string, string> | undefined;
    await fixture.until(async () => (await data())?.token !== undefined);
    expect(Buffer.from((await data())?.token ?? '', 'base64').toString()).toBe('token of default/robot for token');
    expect(Buffer.from((await data())?.['ca.crt'] ?? '', 'base64').toString()).toBe('test CA');
    await api.remove({ resource: 'serviceaccounts', namespace: 'default', name: 'robot' });
    await fixture.until(async () => (await api.find(at)) === undefined);
  });

  it('aggregate cluster roles', async () => {
    fixture = await startFixture();
    const api = fixture.api(await makeTeam());
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    await api.create(`clusterroles.${rbac}`, {
      ...object(`${rbac}/v1`, 'ClusterRole', 'all', {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
        rules: [],
      }),
    });
    await api.create(`clusterroles.${rbac}`, {
      ...object(`${rbac}/v1`, 'ClusterRole', 'part', { rules }),
      metadata: { name: 'part', labels: { part: 'yes' } },
    });
    const rulesOfAll = async () =>
      (await api.get({ resource: `clusterroles.${rbac}`, name: 'all' })).rules as unknown[] | undefined;
    await fixture.until(async () => (await rulesOfAll())?.length === 1);
    await api.remove({ resource: `clusterroles.${rbac}`, name: 'part' });
    await fixture.until(async () => ((await rulesOfAll()) ?? []).length === 0);
  });
});

describe('the controllers of kcp kinds', () => {
  it('make a partition per combination of the labels of shards, and follow them', async () => {
    fixture = await startFixture();
    const api = fixture.api(await makeTeam());
    const labelShard = (region: string) =>
      fixture.api('root').update({ resource: 'shards.core.kcp.io', name: 'root' }, (shard) => {
        shard.metadata.labels = { ...shard.metadata.labels, region };
      });
    await labelShard('north');
    await api.create(
      'partitionsets.topology.kcp.io',
      object('topology.kcp.io/v1alpha1', 'PartitionSet', 'regions', { spec: { dimensions: ['region'] } }),
    );
    const selectors = async () =>
      (await api.list('partitions.topology.kcp.io')).map(({ spec }) => (spec as { selector: unknown }).selector);
    await fixture.until(async () => (await selectors()).length === 1);
    expect(await selectors()).toEqual([{ matchLabels: { region: 'north' } }]);
    await labelShard('south');
    await fixture.until(
      async () => JSON.stringify(await selectors()) === JSON.stringify([{ matchLabels: { region: 'south' } }]),
    );
    expect((await api.get({ resource: 'partitionsets.topology.kcp.io', name: 'regions' })).status).toMatchObject({
      count: 1,
    });
  });

  it('remove definitions of bound schemas half an hour after nobody uses them any more', async () => {
    fixture = await startFixture();
    const team = await makeTeam();
    const api = fixture.api(team);
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { type: 'object' } }];
    const schema = await api.create(
      'apiresourceschemas.apis.kcp.io',
      object('apis.kcp.io/v1alpha1', 'APIResourceSchema', 'v1.widgets.example.com', {
        spec: { group: 'example.com', names, scope: 'Cluster', versions },
      }),
    );
    const resources = [
      { name: 'widgets', group: 'example.com', schema: 'v1.widgets.example.com', storage: { crd: {} } },
    ];
    await api.create(
      'apiexports.apis.kcp.io',
      object('apis.kcp.io/v1alpha2', 'APIExport', 'shop', { spec: { resources } }),
    );
    await api.create(
      'apibindings.apis.kcp.io',
      object('apis.kcp.io/v1alpha2', 'APIBinding', 'shop', {
        spec: { reference: { export: { path: team, name: 'shop' } } },
      }),
    );
    const key = crdKey(boundCrdsCluster, schema.metadata.uid ?? '');
    const later = { ...fixture.deps, clock: { ...fixture.deps.clock, now: () => Date.now() + leastAgeMs + 1000 } };
    await removeUnused(later);
    expect(await fixture.storage.get(key)).toBeDefined();
    await api.remove({ resource: 'apibindings.apis.kcp.io', name: 'shop' });
    await fixture.until(
      async () => (await api.find({ resource: 'apibindings.apis.kcp.io', name: 'shop' })) === undefined,
    );
    expect(await removeUnused(fixture.deps)).toBeGreaterThan(0);
    expect(await fixture.storage.get(key)).toBeDefined();
    await removeUnused(later);
    expect(
      await fixture.storage.count(
        objectPrefix({
          group: 'apiextensions.k8s.io',
          resource: 'customresourcedefinitions',
          cluster: boundCrdsCluster,
        }),
      ),
    ).toBe(0);
  });
});
