import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { TestCluster } from '../testing/test-registry.ts';
import { isNamespaceTerminating, namespaceLifecycle } from './namespace-lifecycle.ts';
import { NamespaceStates } from './namespace-states.ts';

const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const configMap = (name: string, at: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: at },
});

const start = (isClusterDeleting = false) =>
  TestCluster.start(({ registry }) => {
    const states = new NamespaceStates(registry);
    return [
      namespaceLifecycle({
        namespaceState: (access, name) => states.of(access, name),
        isClusterDeleting: async () => isClusterDeleting,
      }),
    ];
  });

describe('namespaces', () => {
  it('are active, carry their name as a label and have a finalizer', async () => {
    const cluster = await start();
    const created = await cluster.create('/namespaces', namespace('team'));
    expect(created).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'team' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    expect(created.metadata).not.toHaveProperty('generation');
  });

  it('keep their finalizers and their label whatever an update says', async () => {
    const cluster = await start();
    await cluster.create('/namespaces', namespace('team'));
    const updated = await cluster.update('/namespaces', namespace('team'), (live) => {
      live.spec = {};
      live.metadata.labels = { mine: 'yes' };
    });
    expect(updated).toMatchObject({
      spec: { finalizers: ['kubernetes'] },
      metadata: { labels: { mine: 'yes', 'kubernetes.io/metadata.name': 'team' } },
    });
  });

  it('stay Terminating after a DELETE, however often it is asked for', async () => {
    const cluster = await start();
    await cluster.create('/namespaces', namespace('team'));
    const first = await cluster.delete('/namespaces', namespace('team'));
    expect(first).toMatchObject({ gone: false, object: { status: { phase: 'Terminating' } } });
    expect((await cluster.delete('/namespaces', namespace('team'))).gone).toBe(false);
  });
});

describe('namespaceLifecycle', () => {
  it('lets objects into namespaces that exist', async () => {
    const cluster = await start();
    await expect(cluster.create('/configmaps', configMap('a', 'team'))).rejects.toMatchObject({
      reason: 'NotFound',
      message: 'namespaces "team" not found',
    });
    await cluster.create('/namespaces', namespace('team'));
    await expect(cluster.create('/configmaps', configMap('a', 'team'))).resolves.toBeDefined();
  });

  it('lets nothing new into a namespace that is going, but changes what is there', async () => {
    const cluster = await start();
    await cluster.create('/namespaces', namespace('team'));
    await cluster.create('/configmaps', configMap('a', 'team'));
    await cluster.delete('/namespaces', namespace('team'));
    const refusal: unknown = await cluster
      .create('/configmaps', configMap('b', 'team'))
      .catch((error: unknown) => error);
    expect(isNamespaceTerminating(refusal)).toBe(true);
    expect(refusal).toMatchObject({
      message:
        'configmaps "b" is forbidden: unable to create new content in namespace team because it is being terminated',
    });
    const updated = await cluster.update('/configmaps', configMap('a', 'team'), (live) => {
      live.data = { k: 'v' };
    });
    expect(updated.data).toEqual({ k: 'v' });
  });

  it('keeps default as long as its logical cluster stays', async () => {
    const staying = await start();
    await staying.create('/namespaces', namespace('default'));
    await expect(staying.delete('/namespaces', namespace('default'))).rejects.toMatchObject({ code: 403 });
    const going = await start(true);
    await going.create('/namespaces', namespace('default'));
    await expect(going.delete('/namespaces', namespace('default'))).resolves.toMatchObject({ gone: false });
  });
});
