import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apiExport,
  apis,
  apisV1alpha1,
  createWorkspace,
  type DemoResource,
  eventually,
  type RunningServer,
  resourceSchema,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let at: ApiCaller;
const widgets: DemoResource = { group: 'demo.example.com', plural: 'widgets' };

beforeAll(async () => {
  server = await startServer();
  await createWorkspace(server.admin, 'ws', { name: 'universal', path: 'root' });
  at = server.admin.in('root:ws');
  await at.ok('POST', `${apisV1alpha1}/apiresourceschemas`, resourceSchema(widgets));
});

afterAll(() => server.stop());

/** Reads in v1alpha1, writes that back and reads in v1alpha2: what an old client does to an object that nobody else changes. */
function throughOldClient(resource: string, name: string): Promise<{ before: AnyObject; after: AnyObject }> {
  return eventually(async () => {
    const before = await at.ok('GET', `${apis}/${resource}/${name}`);
    const old = await at.ok('GET', `${apisV1alpha1}/${resource}/${name}`);
    expect(old.apiVersion).toBe('apis.kcp.io/v1alpha1');
    if (old.metadata.resourceVersion !== before.metadata.resourceVersion) return undefined;
    const written = await at.put(`${apisV1alpha1}/${resource}/${name}`, old);
    if (written.status === 409) return undefined;
    expect(written.status, written.text).toBe(200);
    return { before, after: await at.ok('GET', `${apis}/${resource}/${name}`) };
  });
}

const claims = [
  { group: '', resource: 'configmaps', verbs: ['get', 'list'] },
  { group: '', resource: 'secrets', verbs: ['*'] },
];

describe('an APIExport', () => {
  it('written in v1alpha2 survives a client of v1alpha1', async () => {
    await at.ok('POST', `${apis}/apiexports`, apiExport('new', [widgets], claims));
    const { before, after } = await throughOldClient('apiexports', 'new');
    expect(after.spec).toEqual(before.spec);
    expect(after.status).toEqual(before.status);
    expect(after.metadata.annotations).toEqual(before.metadata.annotations);
  });

  it('shows schemas and claims in the form of v1alpha1 there', async () => {
    await at.ok('POST', `${apis}/apiexports`, apiExport('shown', [widgets], claims));
    const { spec } = await at.ok('GET', `${apisV1alpha1}/apiexports/shown`);
    expect(spec).toMatchObject({
      latestResourceSchemas: ['v1.widgets.demo.example.com'],
      permissionClaims: [
        { resource: 'configmaps', all: true },
        { resource: 'secrets', all: true },
      ],
    });
    expect(spec).not.toHaveProperty('resources');
  });

  it('written in v1alpha1 has resources and verbs in v1alpha2, and reads as written in v1alpha1', async () => {
    const spec = {
      latestResourceSchemas: ['v1.widgets.demo.example.com'],
      permissionClaims: [
        { group: '', resource: 'configmaps', all: true },
        { group: '', resource: 'secrets', resourceSelector: [{ namespace: 'default', name: 'one' }] },
      ],
    };
    const old = { apiVersion: 'apis.kcp.io/v1alpha1', kind: 'APIExport', metadata: { name: 'old' }, spec };
    await at.ok('POST', `${apisV1alpha1}/apiexports`, old);
    const converted = await at.ok('GET', `${apis}/apiexports/old`);
    expect(converted.spec).toMatchObject({
      resources: [
        { name: 'widgets', group: 'demo.example.com', schema: 'v1.widgets.demo.example.com', storage: { crd: {} } },
      ],
      permissionClaims: [
        { resource: 'configmaps', verbs: ['*'] },
        { resource: 'secrets', verbs: ['*'] },
      ],
    });
    expect((await at.ok('GET', `${apisV1alpha1}/apiexports/old`)).spec).toMatchObject(spec);
  });

  it('is listed and watched in the version that was asked for', async () => {
    for (const [base, version] of [
      [apis, 'apis.kcp.io/v1alpha2'],
      [apisV1alpha1, 'apis.kcp.io/v1alpha1'],
    ] as const) {
      const list = await at.ok('GET', `${base}/apiexports`);
      expect(list.apiVersion).toBe(version);
      expect(new Set(list.items.map(({ apiVersion }) => apiVersion))).toEqual(new Set([version]));
      const watch = await at.watch(`${base}/apiexports`);
      expect((await watch.named('ADDED', 'new')).object.apiVersion).toBe(version);
      await watch.close();
    }
  });
});

describe('an APIBinding', () => {
  it('written in v1alpha2 survives a client of v1alpha1', async () => {
    await at.ok('POST', `${apis}/apiexports`, apiExport('bound', [widgets], claims));
    const answers = [
      { resource: 'configmaps', verbs: ['get'], selector: { matchLabels: { team: 'blue' } } },
      { resource: 'secrets', state: 'Rejected' as const },
    ];
    await at.ok('POST', `${apis}/apibindings`, apiBinding('new', { path: 'root:ws', export: 'bound' }, answers));
    const { before, after } = await throughOldClient('apibindings', 'new');
    expect(after.spec).toEqual(before.spec);
    expect((after.status as { boundResources: unknown }).boundResources).toEqual(
      (before.status as { boundResources: unknown }).boundResources,
    );
    expect((after.status as { exportPermissionClaims: unknown }).exportPermissionClaims).toEqual(
      (before.status as { exportPermissionClaims: unknown }).exportPermissionClaims,
    );
    await at.ok('DELETE', `${apis}/apibindings/new`);
  });

  it('written in v1alpha1 accepts all objects for all verbs in v1alpha2', async () => {
    await at.ok('POST', `${apis}/apiexports`, apiExport('plain', [], [{ resource: 'configmaps' }]));
    const old = {
      apiVersion: 'apis.kcp.io/v1alpha1',
      kind: 'APIBinding',
      metadata: { name: 'old' },
      spec: {
        reference: { export: { path: 'root:ws', name: 'plain' } },
        permissionClaims: [{ group: '', resource: 'configmaps', all: true, state: 'Accepted' }],
      },
    };
    const made = await at.ok('POST', `${apisV1alpha1}/apibindings`, old);
    expect(made.spec).toMatchObject(old.spec);
    expect((await at.ok('GET', `${apis}/apibindings/old`)).spec).toMatchObject({
      reference: { export: { path: 'root:ws', name: 'plain' } },
      permissionClaims: [{ resource: 'configmaps', state: 'Accepted', verbs: ['*'], selector: { matchAll: true } }],
    });
  });
});
