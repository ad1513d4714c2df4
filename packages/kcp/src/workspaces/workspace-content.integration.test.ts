import {
  type AnyObject,
  apis,
  conditionOf,
  core,
  createWorkspace,
  type RunningServer,
  rbac,
  startServer,
  tenancy,
  workspaceObject,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultBindingName, shardHash } from '../names.ts';

let server: RunningServer;
let workspace: AnyObject;
let cluster: string;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice', groups: ['dev'] }] });
  workspace = await createWorkspace(server.admin, 'org');
  cluster = (workspace.spec as { cluster: string }).cluster;
});

afterAll(() => server.stop());

const inside = (path: string): Promise<AnyObject> => server.admin.in('root:org').ok('GET', path);

describe('a created workspace', () => {
  it('is ready in the answer to its creation', async () => {
    const answer = await server.admin.post(`${tenancy}/workspaces`, workspaceObject('at-once'));
    expect(answer.status).toBe(201);
    expect(answer.json().status).toMatchObject({ phase: 'Ready' });
    expect((await server.admin.in('root:at-once').get('/api/v1/namespaces/default')).status).toBe(200);
  });

  it('tells its cluster, its URL, its type and where it was put', () => {
    expect(cluster).toMatch(/^[0-9a-z]{16}$/);
    expect(workspace.spec).toEqual({
      cluster,
      URL: `${server.url}/clusters/root:org`,
      type: { name: 'organization', path: 'root' },
    });
    expect(workspace.metadata.annotations).toEqual({
      'kcp.io/cluster': 'root',
      'core.kcp.io/shard': 'root',
      'internal.tenancy.kcp.io/shard': shardHash('root'),
      'internal.tenancy.kcp.io/cluster': cluster,
      'experimental.tenancy.kcp.io/owner': '{"username":"kcp-admin"}',
    });
    expect(workspace.metadata.labels).toEqual({ 'tenancy.kcp.io/phase': 'Ready' });
    expect(workspace.metadata.finalizers).toEqual(['core.kcp.io/logicalcluster']);
    expect(['WorkspaceScheduled', 'WorkspaceInitialized'].map((type) => conditionOf(workspace, type))).toEqual([
      'True',
      'True',
    ]);
  });

  it('has a LogicalCluster that knows its owner, its creator, its path and its type', async () => {
    const object = await inside(`${core}/logicalclusters/cluster`);
    expect(object.spec).toEqual({
      directlyDeletable: false,
      owner: {
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        resource: 'workspaces',
        name: 'org',
        cluster: 'root',
        uid: workspace.metadata.uid,
      },
      createdBy: { username: 'kcp-admin', groups: ['system:kcp:admin', 'system:authenticated'] },
      initializers: ['system:apibindings'],
    });
    expect(object.metadata).toMatchObject({
      annotations: {
        'kcp.io/cluster': cluster,
        'kcp.io/path': 'root:org',
        'core.kcp.io/shard': 'root',
        'internal.tenancy.kcp.io/type': 'root:organization',
      },
      labels: { 'tenancy.kcp.io/phase': 'Ready' },
      finalizers: ['core.kcp.io/logicalcluster-deletion'],
    });
    expect(object.status).toMatchObject({ phase: 'Ready', URL: `${server.url}/clusters/root:org` });
    expect((object.status as { initializers?: unknown }).initializers).toBeUndefined();
    expect(conditionOf(object, 'APIBindingsInitialized')).toBe('True');
  });

  it('has its namespaces with a ServiceAccount and the CA of the server', async () => {
    const [namespaces, accounts, maps] = await Promise.all(
      ['namespaces', 'serviceaccounts', 'configmaps'].map((resource) => inside(`/api/v1/${resource}`)),
    );
    const places = (list: AnyObject | undefined) =>
      list?.items.map(({ metadata }) => [metadata.namespace, metadata.name].filter(Boolean).join('/')).sort();
    expect(places(namespaces)).toEqual(['default', 'kube-system']);
    expect(places(accounts)).toEqual(['default/default', 'kube-system/default']);
    expect(places(maps)).toEqual(['default/kube-root-ca.crt', 'kube-system/kube-root-ca.crt']);
    for (const map of maps?.items ?? [])
      expect((map.data as { 'ca.crt': string })['ca.crt'].trim()).toBe(server.ca.trim());
  });

  it('makes its creator, and nobody else, its admin', async () => {
    const { items } = await inside(`${rbac}/clusterrolebindings`);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      metadata: { name: 'workspace-admin' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'User', name: 'kcp-admin' }],
    });
    expect((await inside(`${rbac}/clusterroles`)).items).toEqual([]);
  });

  it('has the default bindings of its type, bound, under names that can be computed', async () => {
    const { items } = await inside(`${apis}/apibindings`);
    const names = items.map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(
      ['tenancy.kcp.io', 'topology.kcp.io'].map((name) => defaultBindingName(cluster, 'root', name)).sort(),
    );
    for (const binding of items) {
      expect(binding.metadata.annotations).toEqual({ 'kcp.io/cluster': cluster, 'kcp.io/path': 'root:org' });
      expect(binding.metadata.finalizers).toEqual(['apis.kcp.io/apibinding-finalizer']);
      expect(conditionOf(binding, 'Ready')).toBe('True');
    }
  });

  it('shows every object with the name of its logical cluster', async () => {
    for (const path of [
      '/api/v1/namespaces',
      '/api/v1/configmaps',
      `${rbac}/clusterrolebindings`,
      `${apis}/apibindings`,
    ])
      for (const { metadata } of (await inside(path)).items)
        expect(metadata.annotations?.['kcp.io/cluster'], path).toBe(cluster);
  });

  it('answers under its name, its path and the name of an ancestor with the rest of the path', async () => {
    await createWorkspace(server.admin.in('root:org'), 'team');
    const [byPath, byParent] = await Promise.all(
      ['root:org:team', `${cluster}:team`].map((at) =>
        server.admin.in(at).ok('GET', `${core}/logicalclusters/cluster`),
      ),
    );
    const own = byPath?.metadata.annotations?.['kcp.io/cluster'] as string;
    const byName = await server.admin.in(own).ok('GET', `${core}/logicalclusters/cluster`);
    expect(byParent).toEqual(byPath);
    expect(byName).toEqual(byPath);
    expect(byPath?.metadata.annotations?.['kcp.io/path']).toBe('root:org:team');
  });
});

describe('twenty creations of one workspace at once', () => {
  it('make one, with one logical cluster', async () => {
    const parent = server.admin.in('root:org');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => parent.post(`${tenancy}/workspaces`, workspaceObject('contended'))),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    const refused = answers.filter(({ status }) => status === 409).map((answer) => answer.json().reason);
    expect(new Set(refused)).toEqual(new Set(['AlreadyExists']));
    const all = await server.master.in('*').ok('GET', `${core}/logicalclusters`);
    const made = all.items.filter(({ spec }) => (spec as { owner?: { name: string } }).owner?.name === 'contended');
    expect(made).toHaveLength(1);
    const winner = answers.find(({ status }) => status === 201)?.json() as AnyObject;
    expect(made[0]?.metadata.annotations?.['kcp.io/cluster']).toBe((winner.spec as { cluster: string }).cluster);
  });

  it('of different names all succeed', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `many-${i}`);
    const parent = server.admin.in('root:org');
    const answers = await Promise.all(names.map((name) => parent.post(`${tenancy}/workspaces`, workspaceObject(name))));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
    expect(new Set(answers.map((answer) => (answer.json().spec as { cluster: string }).cluster)).size).toBe(20);
  });
});
