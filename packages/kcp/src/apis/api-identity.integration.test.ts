import { createHash } from 'node:crypto';
import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apiExport,
  apis,
  apisV1alpha1,
  conditionOf,
  createWorkspace,
  type DemoResource,
  demoObject,
  publish,
  type RunningServer,
  resourceSchema,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
const widgets: DemoResource = { group: 'demo.example.com', plural: 'widgets', scope: 'Cluster' };
const path = '/apis/demo.example.com/v1/widgets';
const providers = ['red', 'blue'] as const;

const at = (name: string): ApiCaller => server.admin.in(`root:${name}`);
const identityOf = (exported: AnyObject): string => (exported.status as { identityHash: string }).identityHash;
const namesOf = ({ items }: AnyObject): (string | undefined)[] => items.map(({ metadata }) => metadata.name).sort();

beforeAll(async () => {
  server = await startServer();
  for (const name of providers) {
    await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
    await publish(at(name), 'demo', [widgets]);
    for (const consumer of [`${name}-a`, `${name}-b`]) {
      await createWorkspace(server.admin, consumer, { name: 'universal', path: 'root' });
      await at(consumer).ok(
        'POST',
        `${apis}/apibindings`,
        apiBinding('demo', { path: `root:${name}`, export: 'demo' }),
      );
      await at(consumer).ok('POST', path, demoObject(widgets, `of-${consumer}`));
    }
  }
});

afterAll(() => server.stop());

describe('an export', () => {
  it('has the hash of its secret as identity', async () => {
    const exported = await at('red').ok('GET', `${apis}/apiexports/demo`);
    expect(exported.spec).toMatchObject({ identity: { secretRef: { namespace: 'kcp-system', name: 'demo' } } });
    expect(conditionOf(exported, 'IdentityValid')).toBe('True');
    const secret = await at('red').ok('GET', '/api/v1/namespaces/kcp-system/secrets/demo');
    const key = Buffer.from((secret.data as { key: string }).key, 'base64');
    expect(identityOf(exported)).toBe(createHash('sha256').update(key).digest('hex'));
  });

  it('has an endpoint slice with the URL of its virtual workspace', async () => {
    const slice = await at('red').ok('GET', `${apisV1alpha1}/apiexportendpointslices/demo`);
    const cluster = slice.metadata.annotations?.['kcp.io/cluster'] as string;
    expect((slice.status as { endpoints: unknown }).endpoints).toEqual([
      { url: `${server.url}/services/apiexport/${cluster}/demo` },
    ]);
  });
});

describe('two exports of one group and resource', () => {
  it('have different identities', async () => {
    const [red, blue] = await Promise.all(providers.map((name) => at(name).ok('GET', `${apis}/apiexports/demo`)));
    expect(identityOf(red as AnyObject)).not.toBe(identityOf(blue as AnyObject));
  });

  it('never show each other the objects, in no workspace and not across all', async () => {
    for (const name of providers) {
      const identity = identityOf(await at(name).ok('GET', `${apis}/apiexports/demo`));
      const all = await server.master.in('*').ok('GET', `${path}:${identity}`);
      expect(namesOf(all)).toEqual([`of-${name}-a`, `of-${name}-b`]);
      for (const consumer of [`${name}-a`, `${name}-b`])
        expect(namesOf(await at(consumer).ok('GET', path))).toEqual([`of-${consumer}`]);
    }
  });

  it('are not told apart by a wildcard request without an identity, which finds nothing', async () => {
    expect((await server.master.in('*').get(path)).status).toBe(404);
    expect((await server.master.in('*').get(`${path}:${'0'.repeat(64)}`)).status).toBe(404);
  });

  it('cannot be bound in one workspace at once; one after the other starts empty', async () => {
    const both = at('red-a');
    const binding = apiBinding('blue', { path: 'root:blue', export: 'demo' });
    const second = await both.ok('POST', `${apis}/apibindings`, binding);
    expect(conditionOf(second, 'InitialBindingCompleted')).toBe('False/NamingConflicts');
    await both.ok('DELETE', `${apis}/apibindings/blue`);
    expect(namesOf(await both.ok('GET', path))).toEqual(['of-red-a']);
  });
});

describe('an export with the secret of another', () => {
  it('has the identity of that one', async () => {
    const source = await at('red').ok('GET', '/api/v1/namespaces/kcp-system/secrets/demo');
    await createWorkspace(server.admin, 'twin', { name: 'universal', path: 'root' });
    const twin = at('twin');
    await twin.ok('POST', '/api/v1/namespaces/default/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'identity' },
      data: source.data,
    });
    await twin.ok('POST', `${apisV1alpha1}/apiresourceschemas`, resourceSchema(widgets));
    const object = apiExport('demo', [widgets]);
    object.spec = { ...(object.spec as object), identity: { secretRef: { namespace: 'default', name: 'identity' } } };
    const made = await twin.ok('POST', `${apis}/apiexports`, object);
    expect(identityOf(made)).toBe(identityOf(await at('red').ok('GET', `${apis}/apiexports/demo`)));
  });
});
