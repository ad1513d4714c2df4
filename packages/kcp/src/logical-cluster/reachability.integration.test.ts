import {
  type ApiCaller,
  core,
  createWorkspace,
  letIn,
  makeAdmin,
  type RunningServer,
  startServer,
  tenancy,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let alice: ApiCaller;
let clusterName: string;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }, { name: 'bob' }] });
  const workspace = await createWorkspace(server.admin, 'secret');
  clusterName = (workspace.spec as { cluster: string }).cluster;
  alice = server.user('alice');
});

afterAll(() => server.stop());

const requests: readonly { method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; path: string; body?: unknown }[] = [
  { method: 'GET', path: '/api/v1/namespaces' },
  { method: 'GET', path: '/api/v1/namespaces/default/secrets/x' },
  { method: 'GET', path: '/api/v1/namespaces?watch=true' },
  { method: 'GET', path: '/apis/never.example.com/v1/things' },
  { method: 'POST', path: '/api/v1/namespaces/default/configmaps', body: { metadata: { name: 'x' } } },
  { method: 'PUT', path: '/api/v1/namespaces/default/configmaps/x', body: {} },
  { method: 'PATCH', path: '/api/v1/namespaces/default/configmaps/x', body: {} },
  { method: 'DELETE', path: '/api/v1/namespaces/default/configmaps/x' },
  { method: 'GET', path: '' },
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/api' },
  { method: 'GET', path: '/apis' },
  { method: 'GET', path: '/openapi/v3' },
  { method: 'GET', path: '/openapi/v2' },
  { method: 'GET', path: '/version' },
  { method: 'GET', path: '/healthz' },
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/nothing' },
];

describe('a workspace that one may not enter', () => {
  it.each(requests)('answers $method $path byte by byte as one that does not exist', async ({ method, path, body }) => {
    for (const user of [alice.below(''), server.anonymous.below('')]) {
      const ask = async (cluster: string) => {
        const { status, headers, text } = await user.call(method, `/clusters/${cluster}${path}`, body);
        const { 'audit-id': _id, date: _date, ...rest } = headers;
        return { status, headers: rest, text: text.replaceAll(cluster, '<asked>') };
      };
      const forbidden = await ask('root:secret');
      expect(forbidden.status).toBe(403);
      expect(await ask('root:secrex')).toEqual(forbidden);
      expect(await ask(clusterName)).toEqual(forbidden);
      expect(await ask(clusterName.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')))).toEqual(forbidden);
      expect(await ask('root:secret:below')).toEqual(forbidden);
      expect(await ask('user:nobody')).toEqual(forbidden);
    }
  });

  it.each(['UPPER', 'a:b:', ':root', 'root::secret', 'root:..', '%00', 'root%2F..', 'a'.repeat(300), '~', 'root:*'])(
    'reads like the malformed name %j',
    async (name) => {
      const path = '/api/v1/namespaces';
      const [known, malformed] = [await alice.in('root:secret').get(path), await alice.in(name).get(path)];
      expect([malformed.status, malformed.text]).toEqual([known.status, known.text]);
    },
  );

  it('can be entered without access to its parent', async () => {
    await letIn(server.admin.in('root:secret'), 'bob');
    const inside = server.user('bob').in('root:secret');
    expect((await inside.get('/api')).status).toBe(200);
    expect((await inside.get('/api/v1/namespaces')).text).toContain('cannot list resource \\"namespaces\\"');
    expect((await inside.get('/api/v1/namespaces')).text).not.toContain('workspace access not permitted');
  });
});

describe('/clusters/*', () => {
  it('is closed to users, admins of workspaces included', async () => {
    await createWorkspace(server.admin, 'owned');
    await makeAdmin(server.admin.in('root:owned'), 'bob');
    for (const user of [alice, server.user('bob'), server.anonymous])
      expect((await user.in('*').get('/api/v1/namespaces')).status).toBe(403);
  });

  it('shows the system the objects of all logical clusters, and takes no writes', async () => {
    const { items } = await server.master.in('*').ok('GET', '/api/v1/namespaces');
    const clusters = new Set(items.map(({ metadata }) => metadata.annotations?.['kcp.io/cluster']));
    expect(clusters.has('root')).toBe(true);
    expect(clusters.has(clusterName)).toBe(true);
    const writes = await Promise.all([
      server.master
        .in('*')
        .post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } }),
      server.master.in('*').delete('/api/v1/namespaces/default'),
      server.master.in('*').patch('/api/v1/namespaces/default', {}),
      server.master.in('*').get('/api/v1/namespaces/default'),
    ]);
    expect(writes.map(({ status }) => status)).toEqual([405, 405, 405, 405]);
  });
});

describe('an inactive logical cluster', () => {
  it('answers nothing but its LogicalCluster and OpenAPI until it is active again', async () => {
    await createWorkspace(server.admin, 'sleeping');
    const sleeping = server.admin.in('root:sleeping');
    const at = `${core}/logicalclusters/cluster`;
    await sleeping.ok('PATCH', at, { metadata: { annotations: { 'core.kcp.io/inactive': 'true' } } });
    const refused = await sleeping.get('/api/v1/namespaces');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('logical cluster is marked inactive');
    expect((await sleeping.get('/apis')).status).toBe(403);
    expect((await sleeping.get(at)).status).toBe(200);
    expect((await sleeping.get('/openapi/v3')).status).toBe(200);
    const stranger = await alice.in('root:sleeping').get('/api/v1/namespaces');
    expect(stranger.text).toBe((await alice.in('root:none').get('/api/v1/namespaces')).text);
    await sleeping.ok('PATCH', at, { metadata: { annotations: { 'core.kcp.io/inactive': null } } });
    expect((await sleeping.get('/api/v1/namespaces')).status).toBe(200);
  });
});

describe('a watch in a logical cluster', () => {
  it('ends when the cluster becomes inactive', async () => {
    await createWorkspace(server.admin, 'watched');
    const watched = server.admin.in('root:watched');
    const watch = await watched.watch('/api/v1/namespaces');
    await watch.named('ADDED', 'default');
    const annotations = { 'core.kcp.io/inactive': 'true' };
    await watched.ok('PATCH', `${core}/logicalclusters/cluster`, { metadata: { annotations } });
    await expect(watch.named('ADDED', 'never')).rejects.toThrow('the watch ended');
  });

  it('ends when the cluster is deleted', async () => {
    await createWorkspace(server.admin, 'doomed');
    const watch = await server.admin.in('root:doomed').watch('/api/v1/namespaces');
    await watch.named('ADDED', 'default');
    await server.admin.ok('DELETE', `${tenancy}/workspaces/doomed`);
    await expect(watch.named('ADDED', 'never')).rejects.toThrow('the watch ended');
  });
});

describe('a deleted workspace', () => {
  it('is gone with its logical cluster, and its name is free again for an empty one', async () => {
    await createWorkspace(server.admin, 'short');
    const short = server.admin.in('root:short');
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left' } };
    await short.ok('POST', '/api/v1/namespaces/default/configmaps', map);
    const cluster = (await short.ok('GET', `${core}/logicalclusters/cluster`)).metadata.annotations?.['kcp.io/cluster'];
    const watch = await server.admin.watch(`${tenancy}/workspaces`, 'fieldSelector=metadata.name%3Dshort');
    await server.admin.ok('DELETE', `${tenancy}/workspaces/short`);
    await watch.named('DELETED', 'short');
    await watch.close();
    expect((await short.get('/api/v1/namespaces')).status).toBe(403);
    const everywhere = await server.master.in('*').ok('GET', '/api/v1/configmaps');
    const left = everywhere.items.filter(({ metadata }) => metadata.annotations?.['kcp.io/cluster'] === cluster);
    expect(left).toEqual([]);
    await createWorkspace(server.admin, 'short');
    expect((await short.get('/api/v1/namespaces/default/configmaps/left')).status).toBe(404);
  });

  it('takes all workspaces below along', async () => {
    await createWorkspace(server.admin, 'top');
    await createWorkspace(server.admin.in('root:top'), 'middle');
    await createWorkspace(server.admin.in('root:top:middle'), 'leaf');
    const watch = await server.admin.watch(`${tenancy}/workspaces`, 'fieldSelector=metadata.name%3Dtop');
    await server.admin.ok('DELETE', `${tenancy}/workspaces/top`);
    await watch.named('DELETED', 'top');
    await watch.close();
    const { items } = await server.master.in('*').ok('GET', `${core}/logicalclusters`);
    const paths = items.map(({ metadata }) => metadata.annotations?.['kcp.io/path'] ?? '');
    expect(paths.filter((path) => path.startsWith('root:top'))).toEqual([]);
  });
});
