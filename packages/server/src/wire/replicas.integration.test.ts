import { controllerFactories } from '@canopy/controllers';
import { isStorageError, MemoryStorage, objectPrefix, type Storage } from '@canopy/storage';
import {
  apiBinding,
  apiExport,
  apis,
  apisV1alpha1,
  configMap,
  core,
  createWorkspace,
  customResource,
  demoObject,
  grant,
  letIn,
  type RunningServer,
  resourceSchema,
  startServer,
  tenancy,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const lagMs = 60;
const maps = '/api/v1/namespaces/default/configmaps';
const widgets = { group: 'example.com', plural: 'widgets' };
const gadgets = { group: 'example.org', plural: 'gadgets' };
const users = [{ name: 'alice' }, { name: 'bob' }];

let store: MemoryStorage;
let one: RunningServer;
let two: RunningServer;

/** The store as a replica sees it whose changes take a while to arrive. */
function lagging(real: Storage): Storage {
  return new Proxy(real, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property === 'follow') {
        const follow: Storage['follow'] = (after, follower) =>
          real.follow(after, {
            onChanges: (changes) => void setTimeout(() => follower.onChanges(changes), lagMs),
            onError: (error) => follower.onError(error),
          });
        return follow;
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

beforeAll(async () => {
  store = new MemoryStorage();
  [one, two] = await Promise.all([
    startServer({ sharedStorage: store, users }),
    startServer({ sharedStorage: lagging(store), users }),
  ]);
});

afterAll(async () => {
  await one.stop();
  await two.stop();
  await store.close();
});

describe('replicas of one server', () => {
  it('start at the same time on an empty store and bring it up once', async () => {
    const exports = await one.admin.ok('GET', `${apis}/apiexports`);
    const secrets = await one.master.ok('GET', '/api/v1/namespaces/kcp-system/secrets');
    const names = (list: unknown) =>
      (list as { items: { metadata: { name: string } }[] }).items.map((o) => o.metadata.name);
    expect(new Set(names(exports)).size).toBe(names(exports).length);
    expect(names(exports).length).toBeGreaterThan(0);
    for (const name of names(exports)) expect(names(secrets)).toContain(name);
    expect((await store.range(objectPrefix({ group: 'core.kcp.io', resource: 'logicalclusters' }))).items).toHaveLength(
      1,
    );
  });

  it('are one to whoever has the kubeconfig of one of them: same authority, same tokens', async () => {
    expect(two.ca).toBe(one.ca);
    const token = (await one.admin.ok('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {},
    })) as unknown as { status: { token: string } };
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
    const who = await two
      .bearer(token.status.token)
      .ok('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
    expect(who.status).toMatchObject({ userInfo: { username: 'system:serviceaccount:default:default' } });
  });

  it('name one URL in what they write', async () => {
    const a = await createWorkspace(one.admin, 'urls-one');
    const b = await createWorkspace(two.admin, 'urls-two');
    const base = (object: unknown) => (object as { spec: { URL: string } }).spec.URL.split('/clusters/')[0];
    expect(base(b)).toBe(base(a));
    expect([one.url, two.url]).toContain(base(a));
    const shard = (await one.admin.ok('GET', `${core}/shards/root`)) as unknown as { spec: { externalURL: string } };
    expect(shard.spec.externalURL).toBe(base(a));
  });

  it('show each the writes of the other at once, and in watches', async () => {
    const watch = await two.admin.watch(maps);
    for (let i = 0; i < 5; i++) {
      await one.admin.ok('POST', maps, configMap(`seen-${i}`, { i: String(i) }));
      expect((await two.admin.get(`${maps}/seen-${i}`)).status).toBe(200);
    }
    await watch.named('ADDED', 'seen-4');
    const names = watch.events
      .map(({ object }) => object.metadata.name ?? '')
      .filter((name) => name.startsWith('seen-'));
    expect(names).toEqual([0, 1, 2, 3, 4].map((i) => `seen-${i}`));
    await watch.close();
  });

  it('serve a workspace, and a CRD in it, that has just been made on another', async () => {
    for (let i = 0; i < 3; i++) {
      const path = `root:fresh-${i}`;
      expect((await two.admin.in(path).get(maps)).status).toBe(403);
      await createWorkspace(one.admin, `fresh-${i}`);
      const there = two.admin.in(path);
      expect((await there.get(maps)).status).toBe(200);
      const things = '/apis/example.com/v1/namespaces/default/widgets';
      expect((await there.get(things)).status).toBe(404);
      await one.admin
        .in(path)
        .ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', customResource(widgets));
      await establishedOn(one, path);
      expect((await there.post(things, demoObject(widgets, 'w'))).status).toBe(201);
    }
  });

  it('let in whom another has just given a role', async () => {
    const alice = two.user('alice');
    expect((await alice.get(maps)).status).toBe(403);
    await letIn(one.admin, 'alice');
    await grant(one.admin, 'reading', 'alice', [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
    ]);
    expect((await alice.get(maps)).status).toBe(200);
    expect((await two.user('bob').get(maps)).status).toBe(403);
  });

  it('bind an export that has just been made on another, and serve it', async () => {
    await createWorkspace(one.admin, 'provider');
    await createWorkspace(one.admin, 'consumer');
    const things = '/apis/example.org/v1/namespaces/default/gadgets';
    expect((await two.admin.in('root:consumer').get(things)).status).toBe(404);
    await one.admin.in('root:provider').ok('POST', `${apisV1alpha1}/apiresourceschemas`, resourceSchema(gadgets));
    await one.admin.in('root:provider').ok('POST', `${apis}/apiexports`, apiExport('gadgets', [gadgets]));
    const binding = apiBinding('gadgets', { path: 'root:provider', export: 'gadgets' });
    await two.admin.in('root:consumer').ok('POST', `${apis}/apibindings`, binding);
    expect((await one.admin.in('root:consumer').post(things, demoObject(gadgets, 'g'))).status).toBe(201);
    expect((await two.admin.in('root:consumer').get(`${things}/g`)).status).toBe(200);
  });

  it('make each workspace once when both are asked for it', async () => {
    const asked = Array.from({ length: 10 }, (_, i) => `both-${i}`);
    const object = (name: string) => ({
      apiVersion: 'tenancy.kcp.io/v1alpha1',
      kind: 'Workspace',
      metadata: { name },
      spec: {},
    });
    for (const name of asked) {
      const answers = await Promise.all([one, two].map((s) => s.admin.post(`${tenancy}/workspaces`, object(name))));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    }
    const list = (await one.admin.ok('GET', `${tenancy}/workspaces`)) as unknown as {
      items: { spec: { cluster: string } }[];
    };
    const { items } = await store.range(objectPrefix({ group: 'core.kcp.io', resource: 'logicalclusters' }));
    expect(items.length).toBe(list.items.length + 1);
    expect(new Set(list.items.map(({ spec }) => spec.cluster)).size).toBe(list.items.length);
  });

  it('take many workspaces, bindings and objects at once on both', async () => {
    await createWorkspace(one.admin, 'busy');
    const made = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const server = i % 2 === 0 ? one : two;
        const other = i % 2 === 0 ? two : one;
        const path = `root:busy:many-${i}`;
        await createWorkspace(server.admin.in('root:busy'), `many-${i}`);
        const binding = apiBinding('gadgets', { path: 'root:provider', export: 'gadgets' });
        const bound = await other.admin.in(path).post(`${apis}/apibindings`, binding);
        const things = '/apis/example.org/v1/namespaces/default/gadgets';
        const thing = await server.admin.in(path).post(things, demoObject(gadgets, 'g'));
        return [bound.status, thing.status];
      }),
    );
    expect(made).toEqual(made.map(() => [201, 201]));
  });

  it('are not ready without their store, and alive all the same', async () => {
    const lonely = new MemoryStorage();
    const server = await startServer({ sharedStorage: lonely });
    expect((await server.anonymous.below('').get('/readyz')).status).toBe(200);
    await lonely.close();
    await expect(lonely.currentRevision()).rejects.toSatisfy((error) => isStorageError(error, 'Closed'));
    expect((await server.anonymous.below('').get('/readyz')).status).toBe(500);
    expect((await server.anonymous.below('').get('/livez')).status).toBe(200);
    await server.stop();
  });

  it('divide what goes on in the background, and hand it over when one stops', async () => {
    const both = () => [...unitsOf(one), ...unitsOf(two)].sort();
    await one.serving.wired.controllers.settled();
    const all = [...Object.keys(controllerFactories), 'compactor'].sort();
    while (both().length < all.length) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(both()).toEqual(all);
    expect(Math.abs(unitsOf(one).length - unitsOf(two).length)).toBeLessThanOrEqual(1);
    const third = await startServer({ sharedStorage: store });
    while (unitsOf(third).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await third.stop();
    while (both().length < all.length) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(both()).toEqual(all);
    await createWorkspace(one.admin, 'going');
    await one.admin.ok('DELETE', `${tenancy}/workspaces/going`);
    while ((await two.admin.get(`${tenancy}/workspaces/going`)).status !== 404)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await one.admin.in('root:going').get(maps)).status).toBe(403);
  });
});

function unitsOf(server: RunningServer): string[] {
  return server.serving.wired.controllers.units();
}

async function establishedOn(server: RunningServer, path: string): Promise<void> {
  const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com';
  for (;;) {
    const { status } = (await server.admin.in(path).ok('GET', crd)) as {
      status?: { conditions?: { type: string; status: string }[] };
    };
    if (status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') === true) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
