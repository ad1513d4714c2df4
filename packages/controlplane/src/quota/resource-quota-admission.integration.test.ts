import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { TestCluster } from '../testing/test-registry.ts';
import { recountQuota } from './recount-quota.ts';
import { resourceQuota } from './resource-quota-admission.ts';

const configMap = (name: string, namespace = 'team'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
});
const quota = (hard: Record<string, string>, metadata: object = { name: 'q', namespace: 'team' }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { ...metadata },
  spec: { hard },
});
const start = () =>
  TestCluster.start((it) => [resourceQuota({ registry: it.registry, quotas: it.resource('/resourcequotas') })]);
const readQuota = (cluster: TestCluster, namespace = 'team') =>
  cluster.update('/resourcequotas', quota({}, { name: 'q', namespace }), () => {});

describe('resourceQuota', () => {
  it('refuses the object that is one too many, in words that name the quota', async () => {
    const cluster = await start();
    await cluster.create('/resourcequotas', quota({ 'count/configmaps': '1' }));
    await cluster.create('/configmaps', configMap('a'));
    await expect(cluster.create('/configmaps', configMap('b'))).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps "b" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
    });
    await expect(cluster.create('/configmaps', configMap('b', 'other'))).resolves.toBeDefined();
  });

  it('counts what was there before the quota', async () => {
    const cluster = await start();
    await cluster.create('/configmaps', configMap('a'));
    await cluster.create('/configmaps', configMap('b'));
    await cluster.create('/resourcequotas', quota({ configmaps: '3' }));
    await cluster.create('/configmaps', configMap('c'));
    expect((await readQuota(cluster)).status).toEqual({ hard: { configmaps: '3' }, used: { configmaps: '3' } });
    await expect(cluster.create('/configmaps', configMap('d'))).rejects.toMatchObject({ code: 403 });
  });

  it('lets exactly as many in as there is room for when all come at once', async () => {
    const cluster = await start();
    await cluster.create('/resourcequotas', quota({ 'count/configmaps': '5' }));
    const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
    const results = await Promise.allSettled(names.map((name) => cluster.create('/configmaps', configMap(name))));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(15);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 403 });
    expect((await readQuota(cluster)).status).toMatchObject({ used: { 'count/configmaps': '5' } });
  });

  it('counts in the whole logical cluster when the quota says so', async () => {
    const cluster = await start();
    const metadata = {
      name: 'q',
      namespace: 'admin',
      annotations: { 'experimental.quota.kcp.io/cluster-scoped': 'true' },
    };
    await cluster.create('/resourcequotas', quota({ 'count/configmaps': '2', 'count/namespaces': '1' }, metadata));
    await cluster.create('/configmaps', configMap('a', 'one'));
    await cluster.create('/configmaps', configMap('a', 'two'));
    await expect(cluster.create('/configmaps', configMap('a', 'three'))).rejects.toMatchObject({ code: 403 });
    const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await cluster.create('/namespaces', namespace('a'));
    await expect(cluster.create('/namespaces', namespace('b'))).rejects.toMatchObject({ code: 403 });
  });

  it('has room again after usage was counted again', async () => {
    const cluster = await start();
    await cluster.create('/resourcequotas', quota({ 'count/configmaps': '1' }));
    await cluster.create('/configmaps', configMap('a'));
    await cluster.delete('/configmaps', configMap('a'));
    const recounted = await recountQuota((await readQuota(cluster)) as never, { count: async () => 0 });
    await cluster.update('/resourcequotas', quota({}), (live) => (live.status = recounted), 'status');
    await expect(cluster.create('/configmaps', configMap('b'))).resolves.toBeDefined();
  });
});
