import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apis,
  conditionOf,
  configMap,
  createWorkspace,
  type DemoAnswer,
  type DemoResource,
  demoObject,
  eventually,
  grant,
  letIn,
  publish,
  type RunningServer,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let providerCluster: string;
let base: string;
let foreignIdentity: string;
let count = 0;
const widgets: DemoResource = { group: 'demo.example.com', plural: 'widgets' };
const sprockets: DemoResource = { group: 'foreign.example.com', plural: 'sprockets' };
const maps = '/api/v1/namespaces/default/configmaps';
const secrets = '/api/v1/namespaces/default/secrets';
const sprocketPath = '/apis/foreign.example.com/v1/namespaces/default/sprockets';

const namesOf = ({ items }: AnyObject): (string | undefined)[] => items.map(({ metadata }) => metadata.name).sort();

interface Consumer {
  /** The consumer's admin. */
  own: ApiCaller;
  /** The provider in the consumer's cluster. */
  seen: ApiCaller;
  cluster: string;
}

async function consumer(answers: readonly DemoAnswer[]): Promise<Consumer> {
  const name = `consumer-${count++}`;
  const made = await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  const { cluster } = made.spec as { cluster: string };
  const own = server.admin.in(`root:${name}`);
  await own.ok('POST', `${apis}/apibindings`, apiBinding('foreign', { path: 'root:foreign', export: 'foreign' }));
  await own.ok('POST', maps, configMap('before', {}, { team: 'blue' }));
  await own.ok('POST', `${apis}/apibindings`, apiBinding('demo', { path: 'root:provider', export: 'demo' }, answers));
  await settled(own);
  return { own, cluster, seen: server.user('provider').below(`${base}/clusters/${cluster}`) };
}

/** Claims are applied to the objects that are already there. */
function settled(own: ApiCaller): Promise<AnyObject> {
  return eventually(async () => {
    const binding = await own.ok('GET', `${apis}/apibindings/demo`);
    return conditionOf(binding, 'PermissionClaimsApplied') === 'True' && binding;
  });
}

async function workspace(name: string): Promise<string> {
  const made = await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  return (made.spec as { cluster: string }).cluster;
}

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'provider' }] });
  await workspace('foreign');
  const foreign = await publish(server.admin.in('root:foreign'), 'foreign', [sprockets]);
  foreignIdentity = (foreign.status as { identityHash: string }).identityHash;
  providerCluster = await workspace('provider');
  const at = server.admin.in('root:provider');
  await publish(
    at,
    'demo',
    [widgets],
    [
      { resource: 'configmaps' },
      { resource: 'secrets', verbs: ['get', 'list', 'create'] },
      { ...{ group: sprockets.group, resource: sprockets.plural }, identityHash: foreignIdentity },
    ],
  );
  base = `/services/apiexport/${providerCluster}/demo`;
  await letIn(at, 'provider');
  await grant(at, 'content', 'provider', [
    { apiGroups: ['apis.kcp.io'], resources: ['apiexports/content'], resourceNames: ['demo'], verbs: ['*'] },
  ]);
});

afterAll(() => server.stop());

const claimLabels = ({ metadata }: AnyObject): string[] =>
  Object.keys(metadata.labels ?? {}).filter((key) => key.startsWith('claimed.internal.apis.kcp.io/'));

describe('an accepted claim', () => {
  it('shows the objects that were there and those that come, and takes all verbs', async () => {
    const { own, seen } = await consumer([{ resource: 'configmaps' }]);
    expect(namesOf(await seen.ok('GET', maps))).toEqual(['before', 'kube-root-ca.crt']);
    await own.ok('POST', maps, configMap('after'));
    expect(namesOf(await seen.ok('GET', maps))).toEqual(['after', 'before', 'kube-root-ca.crt']);
    await seen.ok('POST', maps, configMap('given', { a: '1' }));
    expect((await own.ok('GET', `${maps}/given`)).data).toEqual({ a: '1' });
    await seen.ok('PATCH', `${maps}/given`, { data: { a: '2' } });
    await seen.ok('DELETE', `${maps}/given`);
    expect((await own.get(`${maps}/given`)).status).toBe(404);
  });

  it('is seen by a wildcard watch as soon as it is accepted', async () => {
    const watch = await server.user('provider').below(`${base}/clusters/*`).watch('/api/v1/configmaps');
    const { cluster } = await consumer([{ resource: 'configmaps' }]);
    const event = await watch.until(
      ({ object }) => object.metadata.name === 'before' && object.metadata.annotations?.['kcp.io/cluster'] === cluster,
    );
    expect(event.type).toBe('ADDED');
    await watch.close();
  });

  it('shows one state in pages, but for what is gone since, and all of a long list at once', async () => {
    const { own, seen } = await consumer([{ resource: 'configmaps' }]);
    const names = Array.from({ length: 600 }, (_, i) => `p-${String(i).padStart(3, '0')}`);
    for (let at = 0; at < names.length; at += 100)
      await Promise.all(names.slice(at, at + 100).map((name) => own.ok('POST', maps, configMap(name, { a: '1' }))));
    const all = ['before', 'kube-root-ca.crt', ...names];
    expect(namesOf(await seen.ok('GET', maps))).toEqual(all);
    const page = await seen.ok('GET', `${maps}?limit=300`);
    await own.ok('PATCH', `${maps}/p-500`, { data: { a: '2' } });
    await own.ok('DELETE', `${maps}/p-501`);
    await own.ok('POST', maps, configMap('p-999'));
    const { resourceVersion, continue: token } = page.metadata as { resourceVersion: string; continue: string };
    const remainder = await seen.ok('GET', `${maps}?continue=${token}`);
    expect(remainder.metadata.resourceVersion).toBe(resourceVersion);
    expect([...namesOf(page), ...namesOf(remainder)]).toEqual(all.filter((name) => name !== 'p-501'));
    expect(remainder.items.find(({ metadata }) => metadata.name === 'p-500')?.data).toEqual({ a: '1' });
  });

  it('marks objects with a label that users can neither take nor give', async () => {
    const { own } = await consumer([{ resource: 'configmaps' }]);
    const marked = await own.ok('POST', maps, configMap('marked'));
    const [label] = claimLabels(marked);
    expect(label).toBeDefined();
    const stripped = await own.ok('PATCH', `${maps}/marked`, { metadata: { labels: { [label as string]: null } } });
    expect(claimLabels(stripped)).toEqual([label]);
    const forged = await own.ok('POST', secrets, {
      ...configMap('forged', {}, { [label as string]: 'x' }),
      kind: 'Secret',
    });
    expect(claimLabels(forged)).toEqual([]);
  });

  it('ends when it is rejected', async () => {
    const { own, seen, cluster } = await consumer([{ resource: 'configmaps' }]);
    const watch = await server.user('provider').below(`${base}/clusters/*`).watch('/api/v1/configmaps');
    const isTheirs = (object: AnyObject): boolean => object.metadata.annotations?.['kcp.io/cluster'] === cluster;
    await watch.until(({ type, object }) => type === 'ADDED' && isTheirs(object));
    expect((await seen.get(maps)).status).toBe(200);
    const changed = apiBinding('demo', { path: 'root:provider', export: 'demo' }, [
      { resource: 'configmaps', state: 'Rejected' },
    ]);
    await own.ok('PATCH', `${apis}/apibindings/demo`, { spec: changed.spec });
    expect((await seen.get(maps)).status).toBe(403);
    await eventually(async () => claimLabels(await own.ok('GET', `${maps}/before`)).length === 0);
    await watch.until(
      ({ type, object }) => type === 'DELETED' && isTheirs(object) && object.metadata.name === 'before',
    );
    await watch.close();
    const everywhere = await server.user('provider').below(`${base}/clusters/*`).ok('GET', '/api/v1/configmaps');
    expect(everywhere.items.filter(isTheirs)).toEqual([]);
  });
});

describe('a claim that is rejected or not answered', () => {
  it('shows nothing and takes nothing', async () => {
    const { own, seen, cluster } = await consumer([{ resource: 'configmaps', state: 'Rejected' }]);
    for (const path of [maps, secrets, sprocketPath]) expect((await seen.get(path)).status, path).toBe(403);
    const planted = await seen.post(maps, configMap('planted'));
    expect(planted.status).toBe(403);
    expect(planted.text).toContain('failed to find suitable reason to allow access in APIBinding');
    expect((await own.get(`${maps}/planted`)).status).toBe(404);
    const everywhere = await server.user('provider').below(`${base}/clusters/*`).ok('GET', '/api/v1/configmaps');
    expect(everywhere.items.filter(({ metadata }) => metadata.annotations?.['kcp.io/cluster'] === cluster)).toEqual([]);
  });
});

describe('a claim with a selector', () => {
  const blue: DemoAnswer = { resource: 'configmaps', selector: { matchLabels: { team: 'blue' } } };

  it('shows what it selects and nothing else', async () => {
    const { own, seen } = await consumer([blue]);
    await own.ok('POST', maps, configMap('red', {}, { team: 'red' }));
    expect(namesOf(await seen.ok('GET', maps))).toEqual(['before']);
    for (const name of ['red', 'kube-root-ca.crt']) {
      expect((await seen.get(`${maps}/${name}`)).status, name).toBe(404);
      expect((await seen.delete(`${maps}/${name}`)).status, name).toBe(404);
      expect((await seen.patch(`${maps}/${name}`, { data: { a: 'b' } })).status, name).toBe(404);
    }
    await seen.ok('DELETE', maps);
    expect(namesOf(await own.ok('GET', maps))).toEqual(['kube-root-ca.crt', 'red']);
  });

  it('follows the labels of an object', async () => {
    const { own, seen } = await consumer([blue]);
    const watch = await seen.watch(maps);
    await watch.named('ADDED', 'before');
    await own.ok('PATCH', `${maps}/before`, { metadata: { labels: { team: 'red' } } });
    await watch.named('DELETED', 'before');
    expect((await seen.get(`${maps}/before`)).status).toBe(404);
    await own.ok('PATCH', `${maps}/before`, { metadata: { labels: { team: 'blue' } } });
    await eventually(async () => watch.events.length === 3);
    expect(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'ADDED before',
      'DELETED before',
      'ADDED before',
    ]);
    await watch.close();
  });

  it('puts its labels on what the provider makes, and keeps them there', async () => {
    const { own, seen } = await consumer([blue]);
    expect((await seen.ok('POST', maps, configMap('given'))).metadata.labels).toMatchObject({ team: 'blue' });
    const wrong = await seen.post(maps, configMap('wrong', {}, { team: 'red' }));
    expect([wrong.status, wrong.json().message]).toEqual([
      403,
      expect.stringContaining('protected label team must have value blue'),
    ]);
    const moved = await seen.patch(`${maps}/given`, { metadata: { labels: { team: 'red' } } });
    expect([moved.status, moved.json().message]).toEqual([
      403,
      expect.stringContaining('protected label team must have value blue'),
    ]);
    expect((await own.ok('GET', `${maps}/given`)).metadata.labels).toMatchObject({ team: 'blue' });
  });

  it('refuses what its expressions do not select', async () => {
    const { seen } = await consumer([
      {
        resource: 'configmaps',
        selector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['blue', 'green'] }] },
      },
    ]);
    expect(namesOf(await seen.ok('GET', maps))).toEqual(['before']);
    const wrong = await seen.post(maps, configMap('wrong', {}, { team: 'red' }));
    expect([wrong.status, wrong.json().message]).toEqual([
      403,
      expect.stringContaining('object does not match required labels'),
    ]);
    expect((await seen.post(maps, configMap('right', {}, { team: 'green' }))).status).toBe(201);
  });
});

describe('the verbs of a claim', () => {
  it('are those that both sides name', async () => {
    const { own, seen } = await consumer([{ resource: 'secrets', verbs: ['get', 'list', 'delete'] }]);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' } };
    await own.ok('POST', secrets, secret);
    expect((await seen.get(`${secrets}/key`)).status).toBe(200);
    expect((await seen.get(secrets)).status).toBe(200);
    const refused = await Promise.all([
      seen.post(secrets, { ...secret, metadata: { name: 'more' } }),
      seen.delete(`${secrets}/key`),
      seen.patch(`${secrets}/key`, { data: {} }),
      seen.get(`${secrets}?watch=true`),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });
});

describe('a claim on the resource of another export', () => {
  it('reaches the objects of that identity', async () => {
    const answer = { group: sprockets.group, resource: sprockets.plural, identityHash: foreignIdentity };
    const { own, seen } = await consumer([answer]);
    await own.ok('POST', sprocketPath, demoObject(sprockets, 'mine', { size: 1 }));
    expect(namesOf(await seen.ok('GET', sprocketPath))).toEqual(['mine']);
    await seen.ok('PATCH', `${sprocketPath}/mine`, { spec: { size: 2 } });
    expect((await own.ok('GET', `${sprocketPath}/mine`)).spec).toEqual({ size: 2 });
  });

  it('reaches nothing under another identity', async () => {
    const answer = { group: sprockets.group, resource: sprockets.plural, identityHash: 'f'.repeat(64) };
    const name = `consumer-${count}`;
    count += 1;
    const made = await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
    const own = server.admin.in(`root:${name}`);
    await own.ok('POST', `${apis}/apibindings`, apiBinding('foreign', { path: 'root:foreign', export: 'foreign' }));
    const binding = await own.ok(
      'POST',
      `${apis}/apibindings`,
      apiBinding('demo', { path: 'root:provider', export: 'demo' }, [answer]),
    );
    expect(conditionOf(binding, 'PermissionClaimsValid')).toBe('False/InvalidPermissionClaims');
    await own.ok('POST', sprocketPath, demoObject(sprockets, 'mine'));
    const { cluster } = made.spec as { cluster: string };
    const seen = server.user('provider').below(`${base}/clusters/${cluster}`);
    expect((await seen.get(sprocketPath)).status).toBe(403);
  });
});

describe('claims and answers', () => {
  it('that do not fit each other are told in a condition', async () => {
    const { own } = await consumer([{ resource: 'configmaps' }]);
    const binding = await own.ok('GET', `${apis}/apibindings/demo`);
    expect(conditionOf(binding, 'PermissionClaimsValid')).toBe('False/PermissionClaimsMismatch');
    expect((binding.status as { appliedPermissionClaims: unknown[] }).appliedPermissionClaims).toHaveLength(1);
    expect((binding.status as { exportPermissionClaims: unknown[] }).exportPermissionClaims).toHaveLength(3);
    const extra = apiBinding('demo', { path: 'root:provider', export: 'demo' }, [{ resource: 'namespaces' }]);
    await own.ok('PATCH', `${apis}/apibindings/demo`, { spec: extra.spec });
    const condition = await eventually(async () => {
      const found = conditionOf(await own.ok('GET', `${apis}/apibindings/demo`), 'PermissionClaimsValid');
      return found === 'False/InvalidPermissionClaims' && found;
    });
    expect(condition).toBe('False/InvalidPermissionClaims');
  });
});
