import type { KubeObject } from '@canopy/apimachinery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ControllerFixture,
  clusterOf,
  conditionOf,
  configMap,
  object,
  startFixture,
  workspace,
} from '../../testing/controller-fixture.ts';

let fixture: ControllerFixture;
let cluster: string;

beforeEach(async () => {
  fixture = await startFixture();
  cluster = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('team')));
});
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const resource = 'customresourcedefinitions.apiextensions.k8s.io';
function definition(plural: string, kind: string): KubeObject {
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
  return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${plural}.example.com`, {
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind }, versions },
  });
}
const widget = (name: string, metadata: KubeObject['metadata'] = {}): KubeObject =>
  object('example.com/v1', 'Widget', name, { namespace: 'default', metadata });

describe('a definition that is deleted', () => {
  it('takes its objects and what they own with it, and waits for those that others hold', async () => {
    const api = fixture.api(cluster);
    await api.create(resource, definition('widgets', 'Widget'));
    const owner = await api.create('widgets.example.com', widget('owner'));
    await api.create('widgets.example.com', widget('held', { finalizers: ['example.com/hold'] }));
    const ownerReferences = [
      { apiVersion: 'example.com/v1', kind: 'Widget', name: 'owner', uid: owner.metadata.uid ?? '' },
    ];
    await api.create('configmaps', configMap('child', 'default', { ownerReferences }));
    await api.remove({ resource, name: 'widgets.example.com' });
    await fixture.until(
      async () => (await api.find({ resource: 'configmaps', namespace: 'default', name: 'child' })) === undefined,
    );
    await fixture.until(
      async () =>
        conditionOf(await api.find({ resource, name: 'widgets.example.com' }), 'Terminating')?.reason ===
        'InstanceDeletionInProgress',
    );
    await api.update({ resource: 'widgets.example.com', namespace: 'default', name: 'held' }, (held) => {
      held.metadata.finalizers = [];
    });
    await fixture.until(async () => (await api.find({ resource, name: 'widgets.example.com' })) === undefined);
  });

  it('leaves its names to one that wanted them', async () => {
    const api = fixture.api(cluster);
    await api.create(resource, definition('widgets', 'Widget'));
    const second = await api.create(resource, definition('gizmos', 'Widget'));
    expect(conditionOf(second, 'NamesAccepted')).toMatchObject({ status: 'False' });
    await api.remove({ resource, name: 'widgets.example.com' });
    await fixture.until(
      async () =>
        conditionOf(await api.get({ resource, name: 'gizmos.example.com' }), 'Established')?.status === 'True',
    );
  });
});
