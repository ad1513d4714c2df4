import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CanopyProcess } from '../harness/canopy-process.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import { openWatch } from '../harness/watch-stream.ts';
import { etcdMissing, type ReplicaSet, startReplicas } from './replica-set.ts';

const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
const configMaps = '/api/v1/namespaces/default/configmaps';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const tokens = '/api/v1/namespaces/default/serviceaccounts';
const times = 8;

describe.skipIf(etcdMissing() !== undefined)('what one replica has answered', () => {
  let set: ReplicaSet;
  let connections: Rest[];
  beforeAll(async () => {
    set = await startReplicas(2);
    connections = set.replicas.map((replica) => Rest.connect(replica, 'root'));
  });
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await set.stop();
  });

  /** In turns, one to write at and the other one to use it at. */
  async function inTurns(task: (a: Rest, b: Rest, i: number) => Promise<void>): Promise<void> {
    for (let i = 0; i < times; i++) await task(connections[i % 2] as Rest, connections[(i + 1) % 2] as Rest, i);
  }

  it('is read, listed, changed and deleted at another with no more ado', async () => {
    await inTurns(async (a, b, i) => {
      const path = `${configMaps}/moved-${i}`;
      const made = await a.ok('POST', configMaps, { metadata: { name: `moved-${i}` }, data: { at: 'a' } });
      expect(await b.ok('GET', path)).toEqual(made);
      const { metadata } = await b.ok('PUT', path, { ...made, data: { at: 'b' } });
      const listed = await a.ok('GET', configMaps);
      expect(listed.items.find((item) => item.metadata.name === `moved-${i}`)?.data).toEqual({ at: 'b' });
      expect(Number(listed.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(metadata.resourceVersion));
      expect((await a.put(path, { ...made, data: { at: 'stale' } })).status).toBe(409);
      await a.ok('DELETE', path);
      expect((await b.get(path)).status).toBe(404);
    });
  });

  it('is signed alike: one authority, one admin, one URL', async () => {
    const [a, b] = set.replicas as [CanopyProcess, CanopyProcess];
    expect(b.ca).toBe(a.ca);
    expect(b.adminToken()).toBe(a.adminToken());
    const workspace = await (connections[1] as Rest).ok('POST', workspaces, { metadata: { name: 'addressed' } });
    expect(String(workspace.spec['URL'])).toBe(`${a.url}/clusters/root:addressed`);
  });

  it('is a workspace that another serves, with its children', async () => {
    await inTurns(async (a, b, i) => {
      await a.ok('POST', workspaces, { metadata: { name: `quick-${i}` } });
      await b.at(`root:quick-${i}`).ok('POST', workspaces, { metadata: { name: 'child' } });
      const inside = await a.at(`root:quick-${i}:child`).ok('GET', '/api/v1/namespaces/default');
      expect(inside.metadata.name).toBe('default');
    });
  });

  it('is a role, and a token, that another accepts', async () => {
    await inTurns(async (a, b, i) => {
      const name = `reader-${i}`;
      await a.ok('POST', tokens, { metadata: { name } });
      const answer = await b.ok('POST', `${tokens}/${name}/token`, { spec: {} });
      const token = String(answer.status['token']);
      expect((await a.at('root', token).get(configMaps)).status).toBe(403);
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
      await b.ok('POST', `${rbac}/clusterroles`, { metadata: { name }, rules });
      await b.ok('POST', `${rbac}/clusterrolebindings`, {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
      });
      expect((await a.at('root', token).get(configMaps)).status).toBe(200);
    });
  });

  it('is a custom resource that another serves, as soon as it is established', async () => {
    await inTurns(async (a, b, i) => {
      const group = `g${i}.example.io`;
      const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
      const { metadata } = await a.ok('GET', `${crds}?limit=1`);
      await a.ok('POST', crds, {
        metadata: { name: `things.${group}` },
        spec: { group, names: { plural: 'things', kind: 'Thing' }, scope: 'Cluster', versions: [version] },
      });
      const watch = await openWatch(
        a,
        `${crds}?watch=true&fieldSelector=metadata.name=things.${group}&resourceVersion=${metadata.resourceVersion}`,
      );
      await watch.next(({ object }) => established(object), 'an established definition');
      watch.close();
      const path = `/apis/${group}/v1/things`;
      await b.ok('POST', path, { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 'one' } });
      expect((await a.ok('GET', path)).items).toHaveLength(1);
    });
  });
});

describe.skipIf(etcdMissing() !== undefined)('a watch of a replica that is killed', () => {
  it('goes on at another one from where it was, without a gap and without anything twice', async () => {
    const set = await startReplicas(2, { members: 1 });
    const [first, second] = set.replicas as [CanopyProcess, CanopyProcess];
    const writer = Rest.connect(second, 'root');
    try {
      const { metadata } = await writer.ok('GET', configMaps);
      const path = (revision: string): string => `${configMaps}?watch=true&resourceVersion=${revision}`;
      const before = await openWatch(Rest.connect(first, 'root'), path(metadata.resourceVersion));
      const names = Array.from({ length: 150 }, (_, i) => `n-${i}`);
      const write = async (): Promise<void> => {
        for (const name of names) await writer.ok('POST', configMaps, { metadata: { name } });
      };
      const written = write();
      await before.named('ADDED', 'n-60');
      await first.end('SIGKILL');
      await before.end();
      const last = before.events.at(-1)?.object.metadata.resourceVersion as string;
      const after = await openWatch(Rest.connect(second, 'root'), path(last));
      await written;
      await after.named('ADDED', 'n-149');
      expect([...before.events, ...after.events].map(({ object }) => object.metadata.name)).toEqual(names);
    } finally {
      writer.close();
      await set.stop();
    }
  });
});

function established({ status }: KubeJson): boolean {
  const conditions = (status?.['conditions'] ?? []) as { type: string; status: string }[];
  return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
}
