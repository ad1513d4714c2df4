import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apiExport,
  apis,
  apisV1alpha1,
  conditionOf,
  createWorkspace,
  customResource,
  type DemoResource,
  demoObject,
  eventually,
  grant,
  makeAdmin,
  publish,
  type RunningServer,
  resourceSchema,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let provider: ApiCaller;
let workspaces = 0;

const widgets: DemoResource = { group: 'demo.example.com', plural: 'widgets' };

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }] });
  await createWorkspace(server.admin, 'provider', { name: 'universal', path: 'root' });
  provider = server.admin.in('root:provider');
  await publish(provider, 'demo', [widgets]);
});

afterAll(() => server.stop());

async function consumer(): Promise<ApiCaller> {
  const name = `consumer-${workspaces++}`;
  await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  return server.admin.in(`root:${name}`);
}

const bind = (at: ApiCaller, name: string, to: string, path = 'root:provider'): Promise<AnyObject> =>
  at.ok('POST', `${apis}/apibindings`, apiBinding(name, { path, export: to }));

const bindingOf = (at: ApiCaller, name: string): Promise<AnyObject> => at.ok('GET', `${apis}/apibindings/${name}`);

/** The binding once a condition is as it should be. */
function settled(at: ApiCaller, name: string, type: string, wanted: string): Promise<AnyObject> {
  return eventually(async () => {
    const binding = await bindingOf(at, name);
    return conditionOf(binding, type) === wanted && binding;
  });
}

const messages = (binding: AnyObject): string => JSON.stringify(binding.status);

describe('a binding', () => {
  it('is bound in the answer to its creation, and its resource is served at once', async () => {
    const at = await consumer();
    const binding = await bind(at, 'demo', 'demo');
    expect(binding.status).toMatchObject({ phase: 'Bound' });
    const exported = await provider.ok('GET', `${apis}/apiexports/demo`);
    const { identityHash } = exported.status as { identityHash: string };
    expect((binding.status as { boundResources: unknown }).boundResources).toEqual([
      {
        group: widgets.group,
        resource: 'widgets',
        schema: { name: 'v1.widgets.demo.example.com', UID: expect.stringMatching(/^[0-9a-f-]{36}$/), identityHash },
        storageVersions: ['v1'],
      },
    ]);
    const path = '/apis/demo.example.com/v1/namespaces/default/widgets';
    expect((await at.post(path, demoObject(widgets, 'one', { size: 1 }))).status).toBe(201);
    expect((await provider.get(path)).status).toBe(404);
  });

  it('to an export of its own workspace needs no path', async () => {
    const binding = await provider.ok('POST', `${apis}/apibindings`, apiBinding('own', { export: 'demo' }));
    expect(binding.status).toMatchObject({ phase: 'Bound' });
    await provider.ok('DELETE', `${apis}/apibindings/own`);
  });

  it('keeps its reference and its finalizer', async () => {
    const at = await consumer();
    await bind(at, 'demo', 'demo');
    const moved = await at.patch(`${apis}/apibindings/demo`, { spec: { reference: { export: { name: 'other' } } } });
    expect([403, 422]).toContain(moved.status);
    expect(moved.text).toContain('APIExport reference must not be changed');
    const loose = await at.patch(`${apis}/apibindings/demo`, { metadata: { finalizers: [] } });
    expect([loose.status, loose.json().message]).toEqual([403, expect.stringContaining('removing the finalizer')]);
  });

  it('has a status that no user writes, and neither has an export', async () => {
    const at = await consumer();
    await bind(at, 'demo', 'demo');
    for (const [caller, path] of [
      [at, `${apis}/apibindings/demo/status`],
      [provider, `${apis}/apiexports/demo/status`],
    ] as const) {
      const answer = await caller.patch(path, { status: { phase: 'Binding', identityHash: 'x' } });
      expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('status updates not permitted')]);
    }
    const whole = await at.ok('PATCH', `${apis}/apibindings/demo`, { status: { phase: 'Binding' } });
    expect(whole.status).toMatchObject({ phase: 'Bound' });
  });

  it('takes its objects along when it goes', async () => {
    const at = await consumer();
    const path = '/apis/demo.example.com/v1/namespaces/default/widgets';
    await bind(at, 'demo', 'demo');
    await at.ok('POST', path, demoObject(widgets, 'one'));
    await at.ok('DELETE', `${apis}/apibindings/demo`);
    await eventually(async () => (await at.get(`${apis}/apibindings/demo`)).status === 404);
    expect((await at.get(path)).status).toBe(404);
    await bind(at, 'again', 'demo');
    expect((await at.ok('GET', path)).items).toEqual([]);
  });
});

describe('a binding that cannot be', () => {
  it('says that its export is missing, and binds once there is one', async () => {
    const at = await consumer();
    const binding = await bind(at, 'early', 'later');
    expect(binding.status).toMatchObject({ phase: 'Binding' });
    expect(conditionOf(binding, 'APIExportValid')).toBe('False/APIExportNotFound');
    expect(conditionOf(binding, 'Ready')?.startsWith('False')).toBe(true);
    expect(messages(binding)).toContain('APIExport root:provider|later not found');
    await publish(provider, 'later', [{ group: 'later.example.com', plural: 'gadgets' }]);
    const bound = await settled(at, 'early', 'Ready', 'True');
    expect(bound.status).toMatchObject({ phase: 'Bound' });
  });

  it('says that a schema is missing, and binds once there is one', async () => {
    const resource: DemoResource = { group: 'schemaless.example.com', plural: 'gadgets' };
    await provider.ok('POST', `${apis}/apiexports`, apiExport('schemaless', [resource]));
    const at = await consumer();
    const binding = await bind(at, 'schemaless', 'schemaless');
    expect(conditionOf(binding, 'APIExportValid')).toBe('False/InternalError');
    expect(messages(binding)).toContain('APIResourceSchema \\"v1.gadgets.schemaless.example.com\\" not found');
    await provider.ok('POST', `${apisV1alpha1}/apiresourceschemas`, resourceSchema(resource));
    await settled(at, 'schemaless', 'Ready', 'True');
  });

  it('says which CRD has its names, and binds once that is gone', async () => {
    const at = await consumer();
    await at.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', customResource(widgets));
    const binding = await bind(at, 'demo', 'demo');
    expect(conditionOf(binding, 'InitialBindingCompleted')).toBe('False/NamingConflicts');
    expect(messages(binding)).toContain('widgets.demo.example.com');
    await at.ok('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.demo.example.com');
    await settled(at, 'demo', 'Ready', 'True');
  });

  it('is the second to one export, until the first goes', async () => {
    const at = await consumer();
    await bind(at, 'first', 'demo');
    const second = await bind(at, 'second', 'demo');
    expect(conditionOf(second, 'InitialBindingCompleted')).toBe('False/NamingConflicts');
    expect(messages(second)).toContain('widgets.demo.example.com is bound by APIBinding \\"first\\"');
    expect(conditionOf(await bindingOf(at, 'first'), 'Ready')).toBe('True');
    await at.ok('DELETE', `${apis}/apibindings/first`);
    await settled(at, 'second', 'Ready', 'True');
  });

  it('says which name clashes with a resource of another export', async () => {
    const at = await consumer();
    await publish(provider, 'clash', [{ ...widgets, plural: 'widgetes' }]);
    const schema = resourceSchema({ ...widgets, plural: 'things' });
    (schema.spec as { names: { kind: string } }).names.kind = 'Widget';
    await provider.ok('POST', `${apisV1alpha1}/apiresourceschemas`, schema);
    await provider.ok('POST', `${apis}/apiexports`, apiExport('things', [{ ...widgets, plural: 'things' }]));
    await bind(at, 'demo', 'demo');
    const binding = await bind(at, 'things', 'things');
    expect(conditionOf(binding, 'InitialBindingCompleted')).toBe('False/NamingConflicts');
    expect(messages(binding)).toContain('spec.names.kind=Widget is forbidden');
  });

  it('keeps a CRD from taking its names', async () => {
    const at = await consumer();
    await bind(at, 'demo', 'demo');
    const answer = await at.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', customResource(widgets));
    expect([answer.status, answer.json().message]).toEqual([
      403,
      expect.stringContaining('cannot create because resource is bound by APIBinding "demo"'),
    ]);
  });
});

describe('ten bindings to one export at once', () => {
  it('are one that is bound and nine that are told why not', async () => {
    const at = await consumer();
    const names = Array.from({ length: 10 }, (_, i) => `b-${i}`);
    const made = await Promise.all(names.map((name) => bind(at, name, 'demo')));
    const states = made.map((binding) => conditionOf(binding, 'InitialBindingCompleted')).sort();
    expect(states).toEqual([...Array.from({ length: 9 }, () => 'False/NamingConflicts'), 'True']);
  });
});

describe('the permission to bind', () => {
  it('is asked in the workspace of the export, and missing exports read like forbidden ones', async () => {
    const at = await consumer();
    await makeAdmin(at, 'alice');
    const alice = at.in(`root:consumer-${workspaces - 1}`);
    const asAlice = server.user('alice').in(`root:consumer-${workspaces - 1}`);
    const attempt = async (name: string) => {
      const answer = await asAlice.post(
        `${apis}/apibindings`,
        apiBinding('b', { path: 'root:provider', export: name }),
      );
      return { status: answer.status, text: answer.text.replaceAll(name, '<export>') };
    };
    const forbidden = await attempt('demo');
    expect(forbidden.status).toBe(403);
    expect(forbidden.text).toContain('unable to create APIBinding: no permission to bind to export');
    expect(await attempt('nowhere')).toEqual(forbidden);
    await grant(provider, 'bind-demo', 'alice', [
      { apiGroups: ['apis.kcp.io'], resources: ['apiexports'], resourceNames: ['demo'], verbs: ['bind'] },
    ]);
    expect((await attempt('demo')).status).toBe(201);
    expect(conditionOf(await bindingOf(alice, 'b'), 'Ready')).toBe('True');
  });
});
