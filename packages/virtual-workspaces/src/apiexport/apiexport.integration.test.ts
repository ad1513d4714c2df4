import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apis,
  configMap,
  createWorkspace,
  type DemoResource,
  demoObject,
  grant,
  letIn,
  makeAdmin,
  publish,
  type RunningServer,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let base: string;
const widgets: DemoResource = { group: 'demo.example.com', plural: 'widgets' };
const gadgets: DemoResource = { group: 'demo.example.com', plural: 'gadgets', scope: 'Cluster' };
const path = '/apis/demo.example.com/v1/namespaces/default/widgets';
const all = '/apis/demo.example.com/v1/widgets';
const clusters = new Map<string, string>();

const at = (name: string): ApiCaller => server.admin.in(`root:${name}`);
/** The export's virtual workspace as the provider sees it; `*` for all consumers. */
const provider = (name: string): ApiCaller =>
  server.user('provider').below(`${base}/clusters/${name === '*' ? '*' : clusters.get(name)}`);
const namesOf = ({ items }: AnyObject): (string | undefined)[] => items.map(({ metadata }) => metadata.name).sort();

async function workspace(name: string): Promise<void> {
  const made = await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  clusters.set(name, (made.spec as { cluster: string }).cluster);
}

async function consumer(name: string): Promise<ApiCaller> {
  await workspace(name);
  await at(name).ok('POST', `${apis}/apibindings`, apiBinding('demo', { path: 'root:provider', export: 'demo' }));
  return at(name);
}

beforeAll(async () => {
  server = await startServer({ users: ['provider', 'stranger', 'reader', 'ada'].map((name) => ({ name })) });
  await workspace('provider');
  await publish(at('provider'), 'demo', [widgets, gadgets]);
  await publish(at('provider'), 'other', [{ group: 'other.example.com', plural: 'things' }]);
  base = `/services/apiexport/${clusters.get('provider')}/demo`;
  const content = (name: string, verbs: string[]) => [
    { apiGroups: ['apis.kcp.io'], resources: ['apiexports/content'], resourceNames: [name], verbs },
  ];
  await letIn(at('provider'), 'provider');
  await grant(at('provider'), 'content', 'provider', content('demo', ['*']));
  await grant(at('provider'), 'other-content', 'stranger', content('other', ['*']));
  await grant(at('provider'), 'read-content', 'reader', content('demo', ['get', 'list', 'watch']));
  await consumer('one');
  await consumer('two');
  await workspace('unbound');
  await makeAdmin(at('one'), 'ada');
});

afterAll(() => server.stop());

describe('discovery in the virtual workspace of an export', () => {
  it.each(['*', 'one'])('for %s shows what the export serves, and bindings, and nothing else', async (target) => {
    const groups = await provider(target).ok('GET', '/apis');
    expect((groups.groups as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      'apis.kcp.io',
      'demo.example.com',
    ]);
    const list = await provider(target).ok('GET', '/apis/demo.example.com/v1');
    const resources = list.resources as { name: string; verbs: string[] }[];
    expect(resources.map(({ name }) => name).sort()).toEqual([
      'gadgets',
      'gadgets/status',
      'widgets',
      'widgets/status',
    ]);
    const versions = (groups.groups as { name: string; versions: { version: string }[] }[])
      .filter(({ name }) => name === 'apis.kcp.io')
      .flatMap((group) => group.versions.map(({ version }) => version));
    expect(versions.sort()).toEqual(['v1alpha1', 'v1alpha2']);
    expect((await provider(target).get('/api/v1/configmaps')).status).toBeGreaterThanOrEqual(403);
  });

  it('has OpenAPI of the same', async () => {
    const document = await provider('one').ok('GET', '/openapi/v3');
    const paths = Object.keys(document.paths as object);
    expect(paths).toContain('apis/demo.example.com/v1');
    expect(paths).not.toContain('api/v1');
  });
});

describe('all consumers at once', () => {
  it('are listed and watched, those included who bind later', async () => {
    await at('one').ok('POST', path, demoObject(widgets, 'early-one'));
    await at('two').ok('POST', path, demoObject(widgets, 'early-two'));
    const list = await provider('*').ok('GET', all);
    expect(namesOf(list)).toEqual(expect.arrayContaining(['early-one', 'early-two']));
    for (const { metadata } of list.items)
      expect([clusters.get('one'), clusters.get('two')]).toContain(metadata.annotations?.['kcp.io/cluster']);

    const watch = await provider('*').watch(all, `resourceVersion=${list.metadata.resourceVersion}`);
    await at('one').ok('POST', path, demoObject(widgets, 'made', { size: 1 }));
    const added = await watch.named('ADDED', 'made');
    expect(added.object.metadata.annotations?.['kcp.io/cluster']).toBe(clusters.get('one'));
    await at('one').ok('PATCH', `${path}/made`, { spec: { size: 2 } });
    expect((await watch.named('MODIFIED', 'made')).object.spec).toEqual({ size: 2 });
    await at('one').ok('DELETE', `${path}/made`);
    await watch.named('DELETED', 'made');
    const late = await consumer('late');
    await late.ok('POST', path, demoObject(widgets, 'of-late'));
    const last = await watch.named('ADDED', 'of-late');
    expect(last.object.metadata.annotations?.['kcp.io/cluster']).toBe(clusters.get('late'));
    expect(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'ADDED made',
      'MODIFIED made',
      'DELETED made',
      'ADDED of-late',
    ]);
    await watch.close();
  });

  it('cannot be written at once', async () => {
    const everywhere = provider('*');
    const answers = await Promise.all([
      everywhere.post(path, demoObject(widgets, 'x')),
      everywhere.put(`${path}/early-one`, demoObject(widgets, 'early-one')),
      everywhere.patch(`${path}/early-one`, { spec: { size: 9 } }),
      everywhere.delete(`${path}/early-one`),
      everywhere.delete(all),
      everywhere.get(`${path}/early-one`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([405, 405, 405, 405, 405, 405]);
  });

  it('are paged through with continue tokens', async () => {
    const first = await provider('*').ok('GET', `${all}?limit=1`);
    expect(first.items).toHaveLength(1);
    const token = (first.metadata as { continue?: string }).continue as string;
    const rest = await provider('*').ok('GET', `${all}?limit=500&continue=${encodeURIComponent(token)}`);
    const whole = await provider('*').ok('GET', all);
    expect([...first.items, ...rest.items].map(({ metadata }) => metadata.uid)).toEqual(
      whole.items.map(({ metadata }) => metadata.uid),
    );
  });
});

describe('one consumer', () => {
  it('is read and written with every verb', async () => {
    const one = provider('one');
    const made = await one.ok('POST', path, demoObject(widgets, 'verbs', { size: 1 }));
    expect(await at('one').ok('GET', `${path}/verbs`)).toEqual(made);
    const replaced = await one.ok('PUT', `${path}/verbs`, { ...made, spec: { size: 2 } });
    expect(replaced.spec).toEqual({ size: 2 });
    expect((await one.ok('PATCH', `${path}/verbs`, { spec: { note: 'n' } })).spec).toEqual({ size: 2, note: 'n' });
    expect(namesOf(await one.ok('GET', path))).toContain('verbs');
    expect((await one.get(`${path}/verbs`)).status).toBe(200);
    await one.ok('DELETE', `${path}/verbs`);
    expect((await at('one').get(`${path}/verbs`)).status).toBe(404);
    const cluster = await one.ok('POST', '/apis/demo.example.com/v1/gadgets', demoObject(gadgets, 'wide'));
    expect(cluster.metadata.namespace).toBeUndefined();
    await one.ok('DELETE', '/apis/demo.example.com/v1/gadgets');
    expect((await at('one').ok('GET', '/apis/demo.example.com/v1/gadgets')).items).toEqual([]);
  });

  it('gets a status from its provider, apart from the spec', async () => {
    await at('one').ok('POST', path, demoObject(widgets, 'served', { size: 1 }));
    const before = await provider('one').ok('GET', `${path}/served/status`);
    const written = await provider('one').ok('PUT', `${path}/served/status`, {
      ...before,
      spec: { size: 7 },
      status: { phase: 'Done' },
    });
    expect([written.spec, written.status]).toEqual([{ size: 1 }, { phase: 'Done' }]);
    await provider('one').ok('PATCH', `${path}/served/status`, { status: { phase: 'Gone' } });
    await provider('one').ok('PATCH', `${path}/served`, { status: { phase: 'Ignored' }, spec: { size: 3 } });
    const after = await at('one').ok('GET', `${path}/served`);
    expect([after.spec, after.status]).toEqual([{ size: 3 }, { phase: 'Gone' }]);
  });

  it('shows none of the others', async () => {
    await at('two').ok('POST', path, demoObject(widgets, 'only-two'));
    expect(namesOf(await provider('one').ok('GET', all))).not.toContain('only-two');
    expect((await provider('one').get(`${path}/only-two`)).status).toBe(404);
    const watch = await provider('one').watch(all);
    await at('two').ok('POST', path, demoObject(widgets, 'only-two-later'));
    await at('one').ok('POST', path, demoObject(widgets, 'fence'));
    await watch.named('ADDED', 'fence');
    expect(watch.events.filter(({ object }) => object.metadata.name?.startsWith('only-two'))).toEqual([]);
    await watch.close();
  });
});

describe('the bindings of the export', () => {
  it('are visible in both versions, and read-only', async () => {
    for (const version of ['v1alpha1', 'v1alpha2']) {
      const { items } = await provider('*').ok('GET', `/apis/apis.kcp.io/${version}/apibindings`);
      const of = items.map(({ metadata }) => metadata.annotations?.['kcp.io/cluster']);
      expect(of).toEqual(expect.arrayContaining([clusters.get('one'), clusters.get('two')]));
      for (const { spec, apiVersion } of items) {
        expect((spec as { reference: unknown }).reference).toEqual({ export: { path: 'root:provider', name: 'demo' } });
        expect(apiVersion).toBe(`apis.kcp.io/${version}`);
      }
    }
    expect(namesOf(await provider('one').ok('GET', `${apis}/apibindings`))).toEqual(['demo']);
    const writes = await Promise.all([
      provider('one').patch(`${apis}/apibindings/demo`, { metadata: { labels: { a: 'b' } } }),
      provider('one').delete(`${apis}/apibindings/demo`),
      provider('one').post(`${apis}/apibindings`, apiBinding('more', { path: 'root:provider', export: 'other' })),
    ]);
    for (const answer of writes) {
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('write access to APIBinding is not allowed from virtual workspace');
    }
    const foreign = (await at('one').ok('GET', `${apis}/apibindings`)).items.find(
      ({ metadata }) => metadata.name !== 'demo',
    );
    expect((await provider('one').get(`${apis}/apibindings/${foreign?.metadata.name}`)).status).toBe(404);
  });
});

describe('who may use it', () => {
  const attempt = async (user: ApiCaller, target: string, where = all): Promise<number> =>
    (await user.below(`${base}/clusters/${target === '*' ? '*' : clusters.get(target)}`).get(where)).status;

  it('is nobody but those with apiexports/content of the export', async () => {
    for (const target of ['*', 'one']) {
      expect(await attempt(server.user('provider'), target)).toBe(200);
      for (const user of [server.user('stranger'), server.user('ada'), server.anonymous])
        expect(await attempt(user, target)).toBe(403);
    }
  });

  it('gets the verbs that were granted', async () => {
    const reader = server.user('reader').below(`${base}/clusters/${clusters.get('one')}`);
    expect((await reader.get(all)).status).toBe(200);
    const watch = await reader.watch(all);
    await watch.close();
    expect((await reader.post(path, demoObject(widgets, 'x'))).status).toBe(403);
    expect((await reader.delete(`${path}/early-one`)).status).toBe(403);
    expect((await reader.patch(`${path}/early-one/status`, { status: { phase: 'x' } })).status).toBe(403);
  });

  it('does not reach workspaces that have not bound the export', async () => {
    for (const target of ['unbound', 'provider']) {
      const answer = await provider(target).get(all);
      expect(answer.status).toBe(403);
    }
    const nowhere = await server.user('provider').below(`${base}/clusters/nowhere`).get(all);
    expect(nowhere.status).toBe(403);
  });

  it('learns nothing of workspaces that have not bound the export, and strangers nothing at all', async () => {
    for (const [user, targets] of [
      ['provider', ['root:unbound', 'root:none', 'root', 'system:none', 'user:nobody', 'NONE']],
      ['stranger', ['root:one', 'root:unbound', 'root:none', 'root', 'system:none', 'user:nobody', 'NONE']],
    ] as const) {
      for (const where of [
        all,
        path,
        `${path}/x`,
        '/api/v1/secrets',
        '/apis',
        '/openapi/v3',
        '/version',
        '/healthz',
        '',
      ]) {
        const impersonating = { 'impersonate-user': 'somebody' };
        for (const headers of [{}, impersonating]) {
          const answers = await Promise.all(
            targets.map(async (target) => {
              const { status, text } = await server.user(user).below(`${base}/clusters/${target}`).get(where, headers);
              return `${status} ${text}`;
            }),
          );
          expect(answers[0], where).toMatch(/^403 /);
          expect(new Set(answers).size, `${user} ${where} ${answers.join('\n')}`).toBe(1);
        }
      }
    }
  });

  it('does not reach other resources of a consumer', async () => {
    for (const where of ['/api/v1/secrets', '/api/v1/namespaces/default/configmaps/kube-root-ca.crt']) {
      const answer = await provider('one').get(where);
      expect([403, 404], where).toContain(answer.status);
    }
    const answer = await provider('one').post('/api/v1/namespaces/default/configmaps', configMap('planted'));
    expect([403, 404]).toContain(answer.status);
    expect((await at('one').get('/api/v1/namespaces/default/configmaps/planted')).status).toBe(404);
  });

  it('ends with the binding', async () => {
    const leaving = await consumer('leaving');
    expect(await attempt(server.user('provider'), 'leaving')).toBe(200);
    const watch = await leaving.watch(`${apis}/apibindings`);
    await leaving.ok('DELETE', `${apis}/apibindings/demo`);
    await watch.named('DELETED', 'demo');
    await watch.close();
    expect(await attempt(server.user('provider'), 'leaving')).toBe(403);
  });
});

describe('the URL', () => {
  it('of an export that does not exist answers 404', async () => {
    const cluster = clusters.get('provider');
    for (const unknown of [`${cluster}/none`, `nowhere/demo`, `${cluster}`, '', 'root:provider/demo']) {
      const answer = await server.master.below('').get(`/services/apiexport/${unknown}/clusters/*${all}`);
      expect(answer.status, unknown).toBe(404);
    }
    expect((await server.master.below('').get(`/services/none/x/y/clusters/*${all}`)).status).toBe(404);
  });

  it.each([
    '/services/apiexport/../../clusters/root/api/v1/secrets',
    '/services/apiexport/%2e%2e/%2e%2e/clusters/root/api/v1/secrets',
    '/services/apiexport/$KEY/../../../clusters/root/api/v1/secrets',
    '/services/apiexport/$KEY/%2e%2e/%2e%2e/%2e%2e/clusters/root/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/$ONE/../../../../../clusters/root/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/$ONE/%2e%2e/root/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/$ONE%2f..%2froot/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/root/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/root:one/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/$ONE/clusters/root/api/v1/secrets',
    '/services/apiexport/$KEY//clusters/root/api/v1/secrets',
    '/services//apiexport/$KEY/clusters/root/api/v1/secrets',
    '//clusters/root/api/v1/secrets',
    '/clusters//root/api/v1/secrets',
    '/clusters/root//api/v1/secrets',
    '/clusters/$ONE/../root/api/v1/secrets',
    '/clusters/root%2fapi/v1/secrets',
    '/clusters%2froot/api/v1/secrets',
    '/services/apiexport/$KEY/clusters/$ONE/apis/demo.example.com/v1/../../../api/v1/secrets',
    '/services/apiexport/$KEY/clusters/$ONE/api/v1/namespaces/default/secrets/..%2f..%2f',
  ])('%s leads nowhere else', async (written) => {
    const key = `${clusters.get('provider')}/demo`;
    const url = written.replace('$KEY', key).replace('$ONE', clusters.get('one') as string);
    const { status, text } = await server.user('provider').below('').get(url);
    expect([400, 403, 404], text).toContain(status);
    expect(text).not.toContain('SecretList');
  });
});
