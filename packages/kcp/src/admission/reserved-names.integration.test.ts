import type { KubeObject } from '@canopy/apimachinery';
import {
  type ApiCaller,
  apiBinding,
  apiExport,
  apis,
  createWorkspace,
  customResource,
  type RunningServer,
  resourceSchema,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let at: ApiCaller;
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

beforeAll(async () => {
  server = await startServer();
  await createWorkspace(server.admin, 'ws', { name: 'universal', path: 'root' });
  at = server.admin.in('root:ws');
});

afterAll(() => server.stop());

describe('a CustomResourceDefinition', () => {
  it.each(['apis.kcp.io', 'deep.apis.kcp.io'])('may not be in the group %s', async (group) => {
    const answer = await at.post(definitions, customResource({ group, plural: 'widgets' }));
    expect([answer.status, answer.json().message]).toEqual([
      403,
      expect.stringContaining(`${group} is a reserved group`),
    ]);
  });

  it.each(['apis.kcp.io/bound-crd', 'internal.apis.kcp.io/anything'])('may not carry %s', async (key) => {
    const object = customResource({ group: 'marked.example.com', plural: 'widgets' });
    object.metadata.annotations = { [key]: 'x' };
    const refused = await at.post(definitions, object);
    expect([refused.status, refused.json().message]).toEqual([
      403,
      expect.stringContaining(`${key} is a reserved annotation`),
    ]);
  });

  it('may not be given a reserved annotation later', async () => {
    await at.ok('POST', definitions, customResource({ group: 'later.example.com', plural: 'widgets' }));
    const answer = await at.patch(`${definitions}/widgets.later.example.com`, {
      metadata: { annotations: { 'apis.kcp.io/schema-name': 'x' } },
    });
    expect(answer.status).toBe(403);
  });

  it('serves its objects in its own workspace only', async () => {
    const resource = { group: 'own.example.com', plural: 'gadgets', scope: 'Cluster' as const };
    await at.ok('POST', definitions, customResource(resource));
    expect((await at.get('/apis/own.example.com/v1/gadgets')).status).toBe(200);
    expect((await server.admin.get('/apis/own.example.com/v1/gadgets')).status).toBe(404);
    expect((await server.admin.ok('GET', '/apis')).groups).not.toContainEqual(
      expect.objectContaining({ name: 'own.example.com' }),
    );
  });
});

describe('an APIResourceSchema', () => {
  const post = (object: unknown) => at.post('/apis/apis.kcp.io/v1alpha1/apiresourceschemas', object);

  it('is named for what it describes', async () => {
    const object = resourceSchema({ group: 'demo.example.com', plural: 'widgets' });
    object.metadata.name = 'v1.others.demo.example.com';
    expect((await post(object)).status).toBe(422);
  });

  it('does not change', async () => {
    const made = await post(resourceSchema({ group: 'fixed.example.com', plural: 'widgets' }));
    expect(made.status).toBe(201);
    const answer = await at.patch(`/apis/apis.kcp.io/v1alpha1/apiresourceschemas/${made.json().metadata.name}`, {
      spec: { names: { shortNames: ['w'] } },
    });
    expect([403, 422]).toContain(answer.status);
  });
});

describe('the annotation kcp.io/path', () => {
  const post = (object: KubeObject, path: string, given?: string) => {
    if (given !== undefined) object.metadata.annotations = { 'kcp.io/path': given };
    return at.post(path, object);
  };

  it('is set on exports, bindings and workspace types', async () => {
    const made = await Promise.all([
      post(apiExport('pathed', []), `${apis}/apiexports`),
      post(apiBinding('pathed', { path: 'root:ws', export: 'none' }), `${apis}/apibindings`),
      post(workspaceType('pathed'), '/apis/tenancy.kcp.io/v1alpha1/workspacetypes'),
    ]);
    for (const answer of made) expect(answer.json().metadata.annotations?.['kcp.io/path'], answer.text).toBe('root:ws');
  });

  it('has no other value', async () => {
    const wrong = await post(apiExport('lying', []), `${apis}/apiexports`, 'root:other');
    expect([wrong.status, wrong.json().message]).toEqual([
      403,
      expect.stringContaining('"kcp.io/path" must match canonical path "root:ws", but got "root:other"'),
    ]);
    expect((await post(apiExport('honest', []), `${apis}/apiexports`, 'root:ws')).status).toBe(201);
    const later = await at.patch(`${apis}/apiexports/honest`, { metadata: { annotations: { 'kcp.io/path': 'root' } } });
    expect(later.status).toBe(403);
  });
});

describe('claims of an export', () => {
  const claim = async (value: { group?: string; resource: string; identityHash?: string }) => {
    const answer = await at.post(`${apis}/apiexports`, apiExport(`claims-${value.resource}`, [], [value]));
    return { status: answer.status, text: answer.text };
  };

  it('name the identity of what is not built in, and of nothing else', async () => {
    const foreign = await claim({ group: 'demo.example.com', resource: 'widgets' });
    expect(foreign).toMatchObject({ status: 403, text: expect.stringContaining('identityHash is required') });
    const native = await claim({ resource: 'configmaps', identityHash: 'a'.repeat(64) });
    expect(native).toMatchObject({ status: 403, text: expect.stringContaining('identityHash must be empty') });
    expect((await claim({ group: 'apis.kcp.io', resource: 'apibindings' })).status).toBe(201);
  });
});

describe('a definition without a usable group', () => {
  it.each([[undefined], [null], [{}], [{ group: 7 }], ['text']])(
    'is invalid, not an error of the server: %j',
    async (spec) => {
      const answer = await at.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.example.com' },
        ...(spec === undefined ? {} : { spec }),
      });
      expect(answer.status, answer.text).toBeOneOf([400, 422]);
    },
  );
});

function workspaceType(name: string): KubeObject {
  return { apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'WorkspaceType', metadata: { name }, spec: {} };
}
