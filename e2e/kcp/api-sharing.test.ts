import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, temporaryDirectory } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import { openWatch } from '../harness/watch-stream.ts';

const scratch = temporaryDirectory();
let server: CanopyProcess;
let rest: Rest;

beforeAll(async () => {
  const tokens = path.join(scratch.path, 'tokens.csv');
  writeFileSync(tokens, 'erin-token,erin,uid-erin\nprovider-token,provider,uid-provider\n');
  server = await CanopyProcess.start({ flags: ['--token-auth-file', tokens] });
  rest = Rest.connect(server, 'root');
  for (const name of ['provider', 'rival', 'alpha', 'beta', 'stranger'])
    await rest.ok('POST', workspaces, { metadata: { name } });
});
afterAll(async () => {
  rest.close();
  await server.dispose();
  scratch.remove();
});

const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
const schemas = '/apis/apis.kcp.io/v1alpha1/apiresourceschemas';
const exports_ = '/apis/apis.kcp.io/v1alpha2/apiexports';
const bindings = '/apis/apis.kcp.io/v1alpha2/apibindings';
const slices = '/apis/apis.kcp.io/v1alpha1/apiexportendpointslices';
const orders = '/apis/shop.example.io/v1/namespaces/default/orders';
const rbac = '/apis/rbac.authorization.k8s.io/v1';

const matchAll = { matchAll: true };
const secretClaim = { group: '', resource: 'secrets', verbs: ['*'] };
const configMapClaim = { group: '', resource: 'configmaps', verbs: ['get', 'list', 'watch', 'create'] };

function schema(prefix: string): object {
  return {
    metadata: { name: `${prefix}.orders.shop.example.io` },
    spec: {
      group: 'shop.example.io',
      names: { plural: 'orders', singular: 'order', kind: 'Order', listKind: 'OrderList', shortNames: ['ord'] },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['item'],
                properties: {
                  item: { type: 'string', maxLength: 20 },
                  count: { type: 'integer', default: 1, minimum: 1 },
                },
              },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      ],
    },
  };
}

/** An export of orders in `root:<workspace>`; answers with the URL of its virtual workspace, as the slice tells it. */
async function publish(workspace: string, name: string, permissionClaims: object[] = []): Promise<string> {
  const at = rest.at(`root:${workspace}`);
  await at.ok('POST', schemas, schema('v1'));
  const resources = [
    { group: 'shop.example.io', name: 'orders', schema: 'v1.orders.shop.example.io', storage: { crd: {} } },
  ];
  await at.ok('POST', exports_, { metadata: { name }, spec: { resources, permissionClaims } });
  return sliceUrl(workspace, name);
}

function sliceUrl(workspace: string, name: string): Promise<string> {
  return eventually(
    async () => {
      const slice = await rest.at(`root:${workspace}`).ok('GET', `${slices}/${name}`);
      return (slice.status.endpoints as { url: string }[] | undefined)?.[0]?.url;
    },
    { what: `the URL of ${workspace}:${name}` },
  );
}

async function bind(
  workspace: string,
  provider: string,
  name: string,
  permissionClaims: object[] = [],
): Promise<KubeJson> {
  const at = rest.at(`root:${workspace}`);
  await at.ok('POST', bindings, {
    metadata: { name },
    spec: { reference: { export: { path: `root:${provider}`, name } }, permissionClaims },
  });
  return eventually(
    async () => {
      const found = await at.ok('GET', `${bindings}/${name}`);
      return found.status.phase === 'Bound' && found;
    },
    { what: `${name} Bound in ${workspace}` },
  );
}

async function clusterOf(workspace: string): Promise<string> {
  return String((await rest.ok('GET', `${workspaces}/${workspace}`)).spec.cluster);
}

/** The path part of a URL, with the cluster behind it. */
function view(url: string, cluster: string, token?: string): Rest {
  return rest.below(`${new URL(url).pathname}/clusters/${cluster}`, token);
}

describe('an API that is exported and bound', () => {
  let url: string;
  let alpha: string;
  let beta: string;

  beforeAll(async () => {
    url = await publish('provider', 'shop', [secretClaim, configMapClaim]);
    alpha = await clusterOf('alpha');
    beta = await clusterOf('beta');
    await bind('alpha', 'provider', 'shop', [
      { ...secretClaim, selector: { matchLabels: { shared: 'yes' } }, state: 'Accepted' },
      { ...configMapClaim, selector: matchAll, state: 'Rejected' },
    ]);
    await bind('beta', 'provider', 'shop', [{ ...configMapClaim, selector: matchAll, state: 'Accepted' }]);
  });

  it('has an identity, and its slice tells a URL of its virtual workspace', async () => {
    const found = await rest.at('root:provider').ok('GET', `${exports_}/shop`);
    expect(found.status.identityHash).toMatch(/^[0-9a-f]{64}$/);
    expect(url).toBe(`${server.url}/services/apiexport/${await clusterOf('provider')}/shop`);
    const binding = await rest.at('root:alpha').ok('GET', `${bindings}/shop`);
    expect(binding.status.boundResources).toMatchObject([
      {
        group: 'shop.example.io',
        resource: 'orders',
        schema: { name: 'v1.orders.shop.example.io', identityHash: found.status.identityHash },
      },
    ]);
  });

  it('is discovered and described where it is bound, and nowhere else', async () => {
    const found = await rest.at('root:alpha').ok('GET', '/apis/shop.example.io/v1');
    expect((found as unknown as { resources: { name: string }[] }).resources.map(({ name }) => name).sort()).toEqual([
      'orders',
      'orders/status',
    ]);
    expect((await rest.at('root:alpha').get('/openapi/v3/apis/shop.example.io/v1')).text).toContain('"Order"');
    expect((await rest.at('root:stranger').get('/apis/shop.example.io/v1')).status).toBe(404);
    expect((await rest.at('root:provider').get(orders)).status).toBe(404);
  });

  it('defaults, prunes and validates as its schema says', async () => {
    const made = await rest
      .at('root:alpha')
      .ok('POST', orders, { metadata: { name: 'first' }, spec: { item: 'tea', extra: 1 } });
    expect(made.spec).toEqual({ item: 'tea', count: 1 });
    for (const spec of [{}, { item: 7 }, { item: 'x'.repeat(21) }, { item: 'tea', count: 0 }]) {
      const answer = await rest.at('root:alpha').post(orders, { metadata: { name: 'bad' }, spec });
      expect(answer.json()).toMatchObject({ code: 422, reason: 'Invalid' });
    }
  });

  it('gives the provider all orders of all consumers, and their changes', async () => {
    const all = view(url, '*');
    const watch = await openWatch(all, '/apis/shop.example.io/v1/orders?watch=true');
    await rest.at('root:beta').ok('POST', orders, { metadata: { name: 'second' }, spec: { item: 'milk' } });
    await rest.at('root:alpha').ok('POST', orders, { metadata: { name: 'third' }, spec: { item: 'salt' } });
    const second = await watch.named('ADDED', 'second');
    const third = await watch.named('ADDED', 'third');
    expect(second.object.metadata.annotations?.['kcp.io/cluster']).toBe(beta);
    expect(third.object.metadata.annotations?.['kcp.io/cluster']).toBe(alpha);
    watch.close();
    const list = await all.ok('GET', '/apis/shop.example.io/v1/orders');
    expect(list.items.map((item) => item.metadata.name).sort()).toEqual(['first', 'second', 'third']);
  });

  it('lets the provider write the status, which the consumer sees and the spec survives', async () => {
    const at = view(url, beta);
    const order = await at.ok('GET', `${orders}/second`);
    await at.ok('PUT', `${orders}/second/status`, { ...order, spec: { item: 'changed' }, status: { phase: 'Done' } });
    const seen = await rest.at('root:beta').ok('GET', `${orders}/second`);
    expect([seen.spec, seen.status]).toEqual([{ item: 'milk', count: 1 }, { phase: 'Done' }]);
  });

  it('shows claimed objects only as far as the claim was accepted', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    await rest
      .at('root:alpha')
      .ok('POST', secrets, { metadata: { name: 'open', labels: { shared: 'yes' } }, stringData: { a: '1' } });
    await rest.at('root:alpha').ok('POST', secrets, { metadata: { name: 'private' } });
    await rest.at('root:beta').ok('POST', secrets, { metadata: { name: 'unclaimed', labels: { shared: 'yes' } } });
    await rest.at('root:beta').ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'shown' } });
    await rest.at('root:alpha').ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'hidden' } });
    const names = async (path_: string): Promise<string[]> =>
      (await view(url, '*').ok('GET', path_)).items.map((item) => item.metadata.name);
    await eventually(async () => (await names('/api/v1/secrets')).includes('open'), { what: 'the claimed secret' });
    expect(await names('/api/v1/secrets')).toEqual(['open']);
    expect(await names('/api/v1/configmaps')).toContain('shown');
    expect(await names('/api/v1/configmaps')).not.toContain('hidden');
    expect((await view(url, alpha).get(`${secrets}/private`)).status).toBe(404);
    expect((await view(url, beta).get(`${secrets}/unclaimed`)).status).toBe(403);
    expect((await view(url, alpha).get('/api/v1/namespaces/default/configmaps/hidden')).status).toBe(403);
  });

  it('lets the provider write only within the claims', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    const made = await view(url, alpha).ok('POST', secrets, { metadata: { name: 'delivered' } });
    expect(made.metadata.labels).toMatchObject({ shared: 'yes' });
    const conflicting = await view(url, alpha).post(secrets, { metadata: { name: 'x', labels: { shared: 'no' } } });
    expect(conflicting.json()).toMatchObject({ code: 403, message: expect.stringContaining('protected label') });
    expect((await view(url, alpha).delete(`${secrets}/private`)).status).toBeGreaterThanOrEqual(403);
    expect((await rest.at('root:alpha').get(`${secrets}/private`)).status).toBe(200);
    const configMaps = '/api/v1/namespaces/default/configmaps';
    expect((await view(url, beta).post(configMaps, { metadata: { name: 'made' } })).status).toBe(201);
    expect((await view(url, beta).delete(`${configMaps}/made`)).status).toBe(403);
    expect((await view(url, beta).patch(`${configMaps}/shown`, { data: { a: '1' } })).status).toBe(403);
    expect((await view(url, beta).patch(`${bindings}/shop`, { metadata: { labels: { a: 'b' } } })).status).toBe(403);
  });

  it('gives nothing in a workspace that has not bound it', async () => {
    const stranger = await clusterOf('stranger');
    for (const cluster of [stranger, 'root', 'nowhere', 'system:admin']) {
      const at = view(url, cluster);
      expect((await at.get(orders)).status).toBe(403);
      expect((await at.post(orders, { metadata: { name: 'planted' }, spec: { item: 'x' } })).status).toBe(403);
      expect((await at.delete('/api/v1/namespaces/default/secrets/any')).status).toBe(403);
      expect((await at.post('/api/v1/namespaces/default/secrets', { metadata: { name: 'planted' } })).status).toBe(403);
    }
    expect((await rest.at('root:stranger').get('/api/v1/namespaces/default/secrets/planted')).status).toBe(404);
  });

  it('is no way to resources that it neither exports nor claims', async () => {
    for (const path_ of ['/api/v1/namespaces', `${rbac}/clusterroles`, '/apis/tenancy.kcp.io/v1alpha1/workspaces']) {
      expect([403, 404]).toContain((await view(url, '*').get(path_)).status);
      expect([403, 404]).toContain((await view(url, alpha).get(path_)).status);
    }
  });

  it('opens its virtual workspace to those with apiexports/content alone', async () => {
    const path_ = '/apis/shop.example.io/v1/orders';
    expect((await view(url, '*', 'provider-token').get(path_)).status).toBe(403);
    const at = rest.at('root:provider');
    const rules = [
      { apiGroups: ['apis.kcp.io'], resources: ['apiexports/content'], verbs: ['list', 'watch', 'get'] },
      { nonResourceURLs: ['/'], verbs: ['access'] },
    ];
    await at.ok('POST', `${rbac}/clusterroles`, { metadata: { name: 'content' }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'content' };
    await at.ok('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'content' },
      subjects: [{ kind: 'User', name: 'provider', apiGroup: roleRef.apiGroup }],
      roleRef,
    });
    await eventually(async () => (await view(url, '*', 'provider-token').get(path_)).status === 200, {
      what: 'content',
    });
    expect(
      (await view(url, alpha, 'provider-token').post(orders, { metadata: { name: 'p' }, spec: { item: 'x' } })).status,
    ).toBe(403);
    expect((await rest.at('root:alpha', 'provider-token').get(orders)).status).toBe(403);
  });

  it('never mixes with one of the same name from another provider', async () => {
    const rivalUrl = await publish('rival', 'shop');
    await bind('stranger', 'rival', 'shop');
    await rest.at('root:stranger').ok('POST', orders, { metadata: { name: 'theirs' }, spec: { item: 'rum' } });
    const names = async (from: string): Promise<string[]> =>
      (await view(from, '*').ok('GET', '/apis/shop.example.io/v1/orders')).items.map((item) => item.metadata.name);
    expect(await names(rivalUrl)).toEqual(['theirs']);
    expect(await names(url)).not.toContain('theirs');
    expect((await view(url, await clusterOf('stranger')).get(`${orders}/theirs`)).status).toBe(403);
    expect((await view(rivalUrl, alpha).get(orders)).status).toBe(403);
  });

  it('cannot be bound a second time, nor beside a CRD of its name', async () => {
    const at = rest.at('root:alpha');
    const second = await at.post(bindings, {
      metadata: { name: 'rival' },
      spec: { reference: { export: { path: 'root:rival', name: 'shop' } } },
    });
    if (second.status === 201) {
      const found = await eventually(
        async () => {
          const binding = await at.ok('GET', `${bindings}/rival`);
          return JSON.stringify(binding.status.conditions ?? '').includes('NamingConflicts') && binding;
        },
        { what: 'the conflict' },
      );
      expect(found.status.phase).not.toBe('Bound');
    } else expect([403, 409, 422]).toContain(second.status);
    const crd = await at.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'orders.shop.example.io' },
      spec: {
        group: 'shop.example.io',
        names: { plural: 'orders', kind: 'Order' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    expect(crd.status).toBeGreaterThanOrEqual(400);
    expect((await at.get(`${orders}/first`)).status).toBe(200);
  });

  it('needs the right to bind, and an export that is missing answers alike', async () => {
    await rest.ok('POST', workspaces, { metadata: { name: 'erins' } });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    await rest.at('root:erins').ok('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'erin' },
      subjects: [{ kind: 'User', name: 'erin', apiGroup: roleRef.apiGroup }],
      roleRef,
    });
    const erin = rest.at('root:erins', 'erin-token');
    await eventually(async () => (await erin.get(bindings)).status === 200, { what: 'erin is admin' });
    const attempt = (name: string): ReturnType<Rest['post']> =>
      erin.post(bindings, {
        metadata: { name: 'b' },
        spec: { reference: { export: { path: 'root:provider', name } } },
      });
    const forbidden = await attempt('shop');
    const missing = await attempt('shoq');
    expect(forbidden.json()).toMatchObject({
      code: 403,
      message: expect.stringContaining('no permission to bind to export root:provider:shop'),
    });
    expect(missing.text.replaceAll('shoq', 'shop')).toBe(forbidden.text);
  });

  it('goes with its binding, objects and all', async () => {
    await rest.at('root:beta').ok('DELETE', `${bindings}/shop`);
    await eventually(async () => (await rest.at('root:beta').get(`${bindings}/shop`)).status === 404, {
      what: 'the end of the binding',
      within: 20_000,
    });
    expect((await rest.at('root:beta').get(orders)).status).toBe(404);
    const list = await view(url, '*').ok('GET', '/apis/shop.example.io/v1/orders');
    expect(list.items.map((item) => item.metadata.annotations?.['kcp.io/cluster'])).not.toContain(beta);
  });
});

describe('an export or binding that is wrong', () => {
  it.each([
    [
      'an export with a schema of another resource',
      exports_,
      {
        metadata: { name: 'x' },
        spec: {
          resources: [
            { group: 'a.example.io', name: 'things', schema: 'v1.others.a.example.io', storage: { crd: {} } },
          ],
        },
      },
    ],
    [
      'a claim without verbs',
      exports_,
      { metadata: { name: 'x' }, spec: { permissionClaims: [{ group: '', resource: 'secrets' }] } },
    ],
    [
      'a claim of a third party without identity',
      exports_,
      {
        metadata: { name: 'x' },
        spec: { permissionClaims: [{ group: 'a.example.io', resource: 'things', verbs: ['*'] }] },
      },
    ],
    ['a schema with the wrong name', schemas, { ...schema('v1'), metadata: { name: 'v1.order.shop.example.io' } }],
    [
      'a schema without versions',
      schemas,
      {
        metadata: { name: 'v9.orders.shop.example.io' },
        spec: { ...(schema('v9') as { spec: object }).spec, versions: [] },
      },
    ],
    ['a binding without reference', bindings, { metadata: { name: 'x' }, spec: {} }],
  ])('is refused: %s', async (_name, collection, body) => {
    const answer = await rest.at('root:stranger').post(collection, body);
    expect([400, 403, 422]).toContain(answer.status);
    expect(answer.json().kind).toBe('Status');
  });

  it('is refused: a schema that is changed', async () => {
    const answer = await rest
      .at('root:provider')
      .patch(`${schemas}/v1.orders.shop.example.io`, { spec: { scope: 'Cluster' } });
    expect(answer.json()).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('is refused: a binding that is pointed elsewhere', async () => {
    const answer = await rest
      .at('root:alpha')
      .patch(`${bindings}/shop`, { spec: { reference: { export: { path: 'root:rival' } } } });
    expect([403, 422]).toContain(answer.status);
    expect(answer.json().message).toContain('APIExport reference must not be changed');
  });
});
