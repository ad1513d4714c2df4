import {
  type ApiCaller,
  apiBinding,
  apiExport,
  apis,
  createWorkspace,
  type DemoAnswer,
  type DemoClaim,
  type DemoResource,
  demoObject,
  publish,
  type RunningServer,
  resourceSchema,
  startServer,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let provider: ApiCaller;
let providerCluster: string;
const widgets: DemoResource = { group: 'demo.example.com', plural: 'widgets' };

beforeAll(async () => {
  server = await startServer();
  const made = await createWorkspace(server.admin, 'provider', { name: 'universal', path: 'root' });
  providerCluster = (made.spec as { cluster: string }).cluster;
  provider = server.admin.in('root:provider');
  await provider.ok('POST', '/apis/apis.kcp.io/v1alpha1/apiresourceschemas', resourceSchema(widgets));
});

afterAll(() => server.stop());

/** A consumer of a new export with these claims, and the provider's view of it. */
async function consumer(name: string, claims: readonly DemoClaim[], answers: readonly DemoAnswer[]) {
  await provider.ok('POST', `${apis}/apiexports`, apiExport(name, [widgets], claims));
  const made = await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  const { cluster } = made.spec as { cluster: string };
  const own = server.admin.in(`root:${name}`);
  await own.ok('POST', `${apis}/apibindings`, apiBinding('demo', { path: 'root:provider', export: name }, answers));
  const base = `/services/apiexport/${providerCluster}/${name}/clusters`;
  return { own, cluster, seen: server.admin.below(`${base}/${cluster}`), everywhere: server.admin.below(`${base}/*`) };
}

describe('a claim on apibindings', () => {
  it('lets the provider write the bindings of all exports in the workspace', async () => {
    const claim = { group: 'apis.kcp.io', resource: 'apibindings' };
    const { seen } = await consumer('bindings', [claim], [claim]);
    const { items } = await seen.ok('GET', `${apis}/apibindings`);
    expect(
      items.map(({ spec }) => (spec as { reference: { export: { name: string } } }).reference.export.name),
    ).toContain('bindings');
    const labelled = await seen.ok('PATCH', `${apis}/apibindings/demo`, { metadata: { labels: { seen: 'yes' } } });
    expect(labelled.metadata.labels).toMatchObject({ seen: 'yes' });
  });
});

describe('a claim on events', () => {
  it('counts for both groups that have them', async () => {
    const claim = { resource: 'events' };
    const { own, seen } = await consumer('events', [claim], [claim]);
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'happened' },
      involvedObject: { kind: 'Widget', namespace: 'default', name: 'w' },
      reason: 'Made',
      type: 'Normal',
    };
    await seen.ok('POST', '/api/v1/namespaces/default/events', event);
    const mine = await own.ok('GET', '/apis/events.k8s.io/v1/namespaces/default/events/happened');
    expect(mine).toMatchObject({ reason: 'Made', regarding: { kind: 'Widget', name: 'w' } });
    expect((await seen.ok('GET', '/api/v1/namespaces/default/events')).items).toHaveLength(1);
  });
});

describe('a claim on what the export itself serves', () => {
  it('changes nothing: all objects are the providers own', async () => {
    const exported = await publishedIdentity();
    const claim = { group: widgets.group, resource: 'widgets', identityHash: exported };
    const { own, seen } = await consumer('shadowed', [claim], []);
    const path = '/apis/demo.example.com/v1/namespaces/default/widgets';
    await own.ok('POST', path, demoObject(widgets, 'mine'));
    expect((await seen.ok('GET', path)).items).toHaveLength(1);
  });

  async function publishedIdentity(): Promise<string> {
    const other = await createWorkspace(server.admin, 'same-kind', { name: 'universal', path: 'root' });
    expect(other.status).toMatchObject({ phase: 'Ready' });
    const made = await publish(server.admin.in('root:same-kind'), 'demo', [widgets]);
    return (made.status as { identityHash: string }).identityHash;
  }
});

describe('a claim on namespaces', () => {
  it('lets the provider make one, with what every namespace has', async () => {
    const claim = { resource: 'namespaces' };
    const { own, seen } = await consumer('namespaces', [claim], [claim]);
    await seen.ok('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made' } });
    expect((await own.get('/api/v1/namespaces/made/serviceaccounts/default')).status).toBe(200);
    const { items } = await seen.ok('GET', '/api/v1/namespaces');
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['default', 'kube-system', 'made']);
  });
});

describe('an export that is deleted', () => {
  it('takes its virtual workspace along, but not the objects of its consumers', async () => {
    const path = '/apis/demo.example.com/v1/namespaces/default/widgets';
    const { own, everywhere } = await consumer('deleted', [], []);
    await own.ok('POST', path, demoObject(widgets, 'kept'));
    expect((await everywhere.get('/apis/demo.example.com/v1/widgets')).status).toBe(200);
    await provider.ok('DELETE', `${apis}/apiexports/deleted`);
    expect((await everywhere.get('/apis/demo.example.com/v1/widgets')).status).toBe(404);
    expect((await own.ok('GET', path)).items).toHaveLength(1);
    await own.ok('POST', path, demoObject(widgets, 'more'));
  });
});

describe('an export without an identity', () => {
  it('is not served', async () => {
    const object = apiExport('nameless', [widgets]);
    object.spec = { ...(object.spec as object), identity: { secretRef: { namespace: 'default', name: 'empty' } } };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'empty' }, data: { other: 'eA==' } };
    await provider.ok('POST', '/api/v1/namespaces/default/secrets', secret);
    const made = await provider.ok('POST', `${apis}/apiexports`, object);
    expect((made.status as { identityHash?: string }).identityHash ?? '').toBe('');
    const base = `/services/apiexport/${providerCluster}/nameless/clusters/*`;
    expect((await server.master.below(base).get('/apis')).status).toBe(404);
  });
});
