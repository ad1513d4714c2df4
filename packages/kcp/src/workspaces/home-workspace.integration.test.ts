import {
  type AnyObject,
  core,
  createWorkspace,
  makeAdmin,
  type RunningServer,
  rbac,
  startServer,
  tenancy,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeClusterName } from '../names.ts';

let server: RunningServer;
const home = `${tenancy}/workspaces/~`;

beforeAll(async () => {
  server = await startServer({ users: ['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => ({ name })) });
});

afterAll(() => server.stop());

const homeOf = (user: string): Promise<AnyObject> => server.user(user).ok('GET', home);
const clusterOf = (workspace: AnyObject): string => (workspace.spec as { cluster: string }).cluster;

describe('workspaces/~ in root', () => {
  it('is a workspace of its own for every user, always the same', async () => {
    const [alice, bob] = [await homeOf('alice'), await homeOf('bob')];
    expect(clusterOf(alice)).toBe('v1u4alow0iv9');
    expect(clusterOf(bob)).toBe('2okdry95y5lkv');
    expect(await homeOf('alice')).toEqual(alice);
    expect(alice).toMatchObject({
      kind: 'Workspace',
      metadata: { name: 'cluster' },
      spec: { type: { name: 'home', path: 'root' } },
      status: { phase: 'Ready' },
    });
  });

  it('is made once, however many ask for the first time at once', async () => {
    const watch = await server.master.in('*').watch(`${core}/logicalclusters`);
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.user('carol').get(home)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.json().metadata.uid)).size).toBe(1);
    await homeOf('erin');
    const isOf = (object: AnyObject, user: string): boolean =>
      object.metadata.annotations?.['kcp.io/path'] === `user:${user}`;
    await watch.until(({ object }) => isOf(object, 'erin'));
    expect(watch.events.filter(({ object }) => isOf(object, 'carol')).map(({ type }) => type)).toEqual(['ADDED']);
    await watch.close();
  });

  it('belongs to its user alone', async () => {
    await Promise.all([homeOf('alice'), homeOf('bob')]);
    const at = homeClusterName('alice');
    expect((await server.user('alice').in(at).get('/api/v1/secrets')).status).toBe(200);
    expect((await server.user('bob').in(at).get('/api/v1/secrets')).status).toBe(403);
    const { items } = await server.user('alice').in(at).ok('GET', `${rbac}/clusterrolebindings`);
    expect(items.map(({ metadata, subjects }) => [metadata.name, subjects])).toEqual([
      ['workspace-admin', [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }]],
    ]);
  });

  it('is nothing for strangers, and nothing that can be written', async () => {
    expect((await server.anonymous.get(home)).status).toBe(403);
    expect((await server.user('alice').delete(home)).status).toBeGreaterThanOrEqual(400);
    expect((await server.admin.get(`/clusters/root/x${home}`)).status).toBe(404);
    const elsewhere = await createWorkspace(server.admin, 'elsewhere').then(() =>
      server.admin.in('root:elsewhere').get(home),
    );
    expect(elsewhere.status).toBe(404);
  });
});

describe('user:<name>', () => {
  it('is another way to write the home of a user, with what is below it', async () => {
    await homeOf('alice');
    const mine = server.user('alice').in('user:alice');
    const logicalCluster = await mine.ok('GET', `${core}/logicalclusters/cluster`);
    expect(logicalCluster.metadata.annotations).toMatchObject({
      'kcp.io/cluster': homeClusterName('alice'),
      'kcp.io/path': 'user:alice',
    });
    const child = await createWorkspace(mine, 'project');
    expect((child.spec as { URL: string }).URL).toBe(`${server.url}/clusters/user:alice:project`);
    const below = await server.user('alice').in('user:alice:project').get('/api/v1/namespaces');
    expect(below.status).toBe(200);
  });

  it('gives nobody access who has none', async () => {
    await homeOf('alice');
    expect((await server.user('bob').in('user:alice').get('/api/v1/namespaces')).status).toBe(403);
    await makeAdmin(server.user('alice').in('user:alice'), 'bob');
    expect((await server.user('bob').in('user:alice').get('/api/v1/namespaces')).status).toBe(200);
  });

  it('does not make a home by itself', async () => {
    expect((await server.user('dave').in('user:dave').get('/api/v1/namespaces')).status).toBe(403);
    await homeOf('dave');
    expect((await server.user('dave').in('user:dave').get('/api/v1/namespaces')).status).toBe(200);
  });
});
