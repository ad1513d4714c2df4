import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apiExport,
  apis,
  apisV1alpha1,
  createWorkspace,
  type DemoResource,
  demoObject,
  eventually,
  publish,
  type RunningServer,
  resourceSchema,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let provider: ApiCaller;
let consumer: ApiCaller;
const schemas = `${apisV1alpha1}/apiresourceschemas`;

beforeAll(async () => {
  server = await startServer();
  for (const name of ['provider', 'consumer'])
    await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  provider = server.admin.in('root:provider');
  consumer = server.admin.in('root:consumer');
});

afterAll(() => server.stop());

async function bound(name: string, resource: DemoResource): Promise<void> {
  await publish(provider, name, [resource]);
  await consumer.ok('POST', `${apis}/apibindings`, apiBinding(name, { path: 'root:provider', export: name }));
}

const boundSchemas = ({ status }: AnyObject): string[] =>
  (status as { boundResources: { schema: { name: string } }[] }).boundResources.map(({ schema }) => schema.name).sort();

describe('an export that gets another resource', () => {
  it('gives it to the workspaces that have bound it', async () => {
    const [first, second] = ['widgets', 'gadgets'].map(
      (plural): DemoResource => ({ group: 'grows.example.com', plural }),
    );
    await bound('grows', first as DemoResource);
    expect((await consumer.get('/apis/grows.example.com/v1/gadgets')).status).toBe(404);
    await provider.ok('POST', schemas, resourceSchema(second as DemoResource));
    const { spec } = apiExport('grows', [first as DemoResource, second as DemoResource]);
    await provider.ok('PATCH', `${apis}/apiexports/grows`, { spec });
    await eventually(async () => (await consumer.get('/apis/grows.example.com/v1/gadgets')).status === 200);
    const object = demoObject(second as DemoResource, 'new');
    await consumer.ok('POST', '/apis/grows.example.com/v1/namespaces/default/gadgets', object);
    const binding = await consumer.ok('GET', `${apis}/apibindings/grows`);
    expect(boundSchemas(binding)).toEqual(['v1.gadgets.grows.example.com', 'v1.widgets.grows.example.com']);
  });
});

describe('an export that changes to a newer schema', () => {
  it('keeps the objects, and serves the new fields', async () => {
    const resource: DemoResource = { group: 'evolves.example.com', plural: 'widgets' };
    const path = '/apis/evolves.example.com/v1/namespaces/default/widgets';
    await bound('evolves', resource);
    await consumer.ok('POST', path, demoObject(resource, 'old', { size: 1, colour: 'dropped' }));
    expect((await consumer.ok('GET', `${path}/old`)).spec).toEqual({ size: 1 });

    const next = resourceSchema({ ...resource, prefix: 'v2' });
    const [version] = (next.spec as { versions: { schema: { properties: { spec: { properties: object } } } }[] })
      .versions;
    Object.assign(version?.schema.properties.spec.properties ?? {}, { colour: { type: 'string', default: 'grey' } });
    await provider.ok('POST', schemas, next);
    const { spec } = apiExport('evolves', [{ ...resource, prefix: 'v2' }]);
    await provider.ok('PATCH', `${apis}/apiexports/evolves`, { spec });

    const made = await eventually(async () => {
      const answer = await consumer.post(path, demoObject(resource, 'new', { colour: 'red' }));
      if ((answer.json().spec as { colour?: string }).colour === 'red') return answer.json();
      await consumer.ok('DELETE', `${path}/new`);
      return undefined;
    });
    expect(made.spec).toEqual({ colour: 'red' });
    const written = await consumer.ok('PATCH', `${path}/old`, { spec: { size: 2 } });
    expect(written.spec).toEqual({ size: 2, colour: 'grey' });
    expect(written.metadata.generation).toBe(2);
    await eventually(async () => {
      const binding = await consumer.ok('GET', `${apis}/apibindings/evolves`);
      return boundSchemas(binding)[0] === 'v2.widgets.evolves.example.com';
    });
  });
});

describe('annotations for consumers', () => {
  it('go from the export to its bindings, and leave them again', async () => {
    const key = 'extra.apis.kcp.io/help';
    await bound('annotated', { group: 'annotated.example.com', plural: 'widgets' });
    const annotationOf = async (): Promise<string> =>
      (await consumer.ok('GET', `${apis}/apibindings/annotated`)).metadata.annotations?.[key] ?? 'none';
    const set = (value: string | null): Promise<AnyObject> =>
      provider.ok('PATCH', `${apis}/apiexports/annotated`, { metadata: { annotations: { [key]: value } } });
    for (const value of ['read the manual', 'read it again', null]) {
      await set(value);
      await eventually(async () => (await annotationOf()) === (value ?? 'none'));
    }
  });
});

describe('an export whose identity secret is changed', () => {
  it('keeps its identity, and says that the secret does not fit', async () => {
    const resource: DemoResource = { group: 'keyed.example.com', plural: 'widgets' };
    const made = await publish(provider, 'keyed', [resource]);
    await provider.ok('PATCH', '/api/v1/namespaces/kcp-system/secrets/keyed', {
      data: { key: Buffer.from('another').toString('base64') },
    });
    const after = await eventually(async () => {
      const exported = await provider.ok('GET', `${apis}/apiexports/keyed`);
      return JSON.stringify(exported.status).includes('IdentityVerificationFailed') && exported;
    });
    expect((after.status as { identityHash: string }).identityHash).toBe(
      (made.status as { identityHash: string }).identityHash,
    );
  });
});
