import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type EtcdCluster, findEtcd, startEtcd } from '@canopy/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy, temporaryDirectory } from '../harness/canopy-process.ts';
import { currentKubectl, type Kubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const accounts = '/api/v1/namespaces/default/serviceaccounts';
const gadgets = '/apis/shop.example.io/v1/namespaces/default/gadgets';
const shop = {
  group: 'shop.example.io',
  names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
};
const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } };

/** A workspace that exports an API, and one that is bound to it and has an object of it. */
async function furnish(server: CanopyProcess): Promise<void> {
  const rest = (cluster: string): Rest => Rest.connect(server, cluster);
  const root = rest('root');
  for (const name of ['maker', 'user'])
    await root.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', { metadata: { name } });
  root.close();
  const maker = rest('root:maker');
  await maker.ok('POST', '/apis/apis.kcp.io/v1alpha1/apiresourceschemas', {
    metadata: { name: 'v1.gadgets.shop.example.io' },
    spec: { ...shop, scope: 'Namespaced', versions: [{ name: 'v1', served: true, storage: true, schema }] },
  });
  await maker.ok('POST', '/apis/apis.kcp.io/v1alpha2/apiexports', {
    metadata: { name: 'shop' },
    spec: {
      resources: [{ group: shop.group, name: 'gadgets', schema: 'v1.gadgets.shop.example.io', storage: { crd: {} } }],
    },
  });
  maker.close();
  const user = rest('root:user');
  await user.ok('POST', '/apis/apis.kcp.io/v1alpha2/apibindings', {
    metadata: { name: 'shop' },
    spec: { reference: { export: { path: 'root:maker', name: 'shop' } } },
  });
  await eventually(async () => (await user.request('GET', gadgets)).status === 200, { what: 'gadgets' });
  await user.ok('POST', gadgets, {
    apiVersion: 'shop.example.io/v1',
    kind: 'Gadget',
    metadata: { name: 'one' },
    spec: { size: 3 },
  });
  for (const name of ['kept', 'kept-too']) await user.ok('POST', configMaps, { metadata: { name }, data: { a: '1' } });
  await user.ok('POST', accounts, { metadata: { name: 'robot' } });
  user.close();
}

/** Uids of what {@link furnish} made, by kubectl. */
async function inventory(kubectl: Kubectl): Promise<string> {
  const uid = ['-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.uid} {end}'];
  const root = await kubectl.run(['get', 'workspaces', ...uid]);
  const user = await kubectl.at('root:user').run(['get', 'gadgets,configmaps,apibindings', ...uid]);
  return root + user;
}

/** What a client may hold when a server stops: how far it has read, where a list goes on, and who it is. */
interface Held {
  resourceVersion: string;
  continue: string;
  token: string;
}

async function held(server: CanopyProcess): Promise<Held> {
  const rest = Rest.connect(server, 'root:user');
  const { metadata } = await rest.ok('GET', `${configMaps}?limit=1`);
  const made = await rest.ok('POST', `${accounts}/robot/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  rest.close();
  return {
    resourceVersion: metadata.resourceVersion,
    continue: metadata.continue ?? '',
    token: String(made.status['token']),
  };
}

/** What clients see that come with what they held of the store as it was elsewhere, and then use the new one. */
async function expectGoesOn(server: CanopyProcess, old: Held, name: string): Promise<void> {
  const rest = Rest.connect(server, 'root:user');
  const watch = await rest.request('GET', `${configMaps}?watch=true&resourceVersion=${old.resourceVersion}`);
  expect(watch.text).toContain('"code":410');
  const exact = `resourceVersion=${old.resourceVersion}&resourceVersionMatch=Exact`;
  for (const query of [exact, `limit=1&continue=${encodeURIComponent(old.continue)}`]) {
    const answer = await rest.request('GET', `${configMaps}?${query}`);
    expect([answer.status, answer.json().reason], query).toEqual([410, 'Expired']);
  }
  expect(Number((await held(server)).resourceVersion)).toBeGreaterThan(Number(old.resourceVersion) + 1e8);
  const reviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const robot = await rest.at('root:user', old.token).ok('POST', reviews, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  });
  expect(robot.status).toMatchObject({ userInfo: { username: 'system:serviceaccount:default:robot' } });
  rest.close();
  const kubectl = currentKubectl({ server, cluster: 'root:user' });
  await kubectl.run(['create', 'configmap', name]);
  await kubectl.run(['patch', 'gadget', 'one', '--type=merge', '-p', '{"spec":{"size":4}}']);
  await kubectl.at('root').create({
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
  });
  await kubectl.at(`root:${name}`).run(['create', 'configmap', 'inside']);
  await kubectl.run(['delete', 'configmap', name]);
}

const { current } = findEtcd();

describe.skipIf(!current.found)(`a server that moves house${current.found ? '' : ` (${current.reason})`}`, () => {
  const home = temporaryDirectory();
  let etcd: EtcdCluster;
  let server: CanopyProcess | undefined;
  beforeAll(async () => {
    etcd = await startEtcd({ binary: current.found ? current.path : '' });
  });
  afterAll(async () => {
    await server?.dispose();
    await etcd?.stop();
    home.remove();
  });

  it('is the same for its clients in etcd, and back in a database', async () => {
    const [first, replica, last] = ['first', 'replica', 'last'].map((name) => path.join(home.path, name)) as [
      string,
      string,
      string,
    ];
    server = await CanopyProcess.start({ rootDirectory: first });
    await furnish(server);
    const made = await inventory(currentKubectl({ server, cluster: 'root' }));
    expect(made).toContain('Gadget/one=');
    const ca = server.ca;
    const tokens = (['kcp-admin', 'shard-admin'] as const).map((user) => server?.adminToken(user));
    const inDatabase = await held(server);
    expect(inDatabase.continue).not.toBe('');
    const store = `etcd:${etcd.endpoints.join(',')}?prefix=/house`;

    const served = await canopy(['storage', 'migrate', '--from', `sqlite:${first}`, '--to', store]);
    expect(served).toMatchObject({ code: 1, stdout: '' });
    expect(served.stderr).toContain(`is in use by another process (pid ${server.pid})`);
    await server.end('SIGTERM');
    const there = await canopy(['storage', 'migrate', '--from', `sqlite:${first}`, '--to', store]);
    expect(there).toMatchObject({ code: 0 });
    expect(there.stdout).toMatch(/^\d+ objects and \d+ index rows are the same on both sides\n/);

    const flags = ['--etcd-servers', etcd.endpoints.join(','), '--etcd-prefix', '/house'];
    server = await CanopyProcess.start({ rootDirectory: replica, flags });
    expect(server.ca).toBe(ca);
    expect((['kcp-admin', 'shard-admin'] as const).map((user) => server?.adminToken(user))).toEqual(tokens);
    expect(await inventory(currentKubectl({ server, cluster: 'root' }))).toBe(made);
    await expectGoesOn(server, inDatabase, 'in-etcd');
    const inEtcd = await held(server);
    const again = await inventory(currentKubectl({ server, cluster: 'root' }));
    for (const [from, to] of [
      [store, `sqlite:${last}`],
      [`sqlite:${first}`, store],
    ] as const) {
      const used = await canopy(['storage', 'migrate', '--from', from, '--to', to]);
      expect(used).toMatchObject({ code: 1, stdout: '' });
      expect(used.stderr).toMatch(/^canopy: \S+.* is in use by a server; .*\n$/);
    }
    await server.end('SIGTERM');

    const back = await canopy(['storage', 'migrate', '--from', store, '--to', `sqlite:${last}`]);
    expect(back).toMatchObject({ code: 0 });
    expect(statSync(path.join(last, 'canopy.db')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(last, 'ca.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(last, 'ca.crt'), 'utf8')).toBe(ca);
    expect(await canopy(['fsck', '--root-directory', last])).toMatchObject({ code: 0, stdout: '' });
    server = await CanopyProcess.start({ rootDirectory: last });
    expect(server.ca).toBe(ca);
    expect(server.adminToken('shard-admin')).toBe(tokens[1]);
    expect(await inventory(currentKubectl({ server, cluster: 'root' }))).toBe(again);
    await expectGoesOn(server, inEtcd, 'back-home');
    const occupied = await canopy(['storage', 'migrate', '--from', store, '--to', `sqlite:${last}`]);
    expect(occupied).toMatchObject({ code: 1, stdout: '' });
    expect(occupied.stderr).toMatch(/^canopy: \S+ is in use by another process \(pid \d+\)\n$/);
    await server.end('SIGTERM');
    expect(await canopy(['fsck', '--root-directory', last])).toMatchObject({ code: 0, stdout: '' });

    const twice = await canopy(['storage', 'migrate', '--from', `sqlite:${first}`, '--to', `sqlite:${last}`]);
    expect(twice).toMatchObject({ code: 2, stdout: '' });
    expect(twice.stderr).toMatch(/^canopy: there is a database at \S+ already\n$/);
  });
});
