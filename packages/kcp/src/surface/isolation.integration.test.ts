import {
  type AnyObject,
  type ApiCaller,
  apiBinding,
  apis,
  configMap,
  createWorkspace,
  customResource,
  type DemoResource,
  demoObject,
  eventually,
  type LiveWatch,
  publish,
  type RunningServer,
  startServer,
} from '@canopy/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let runs = 0;
const bound: DemoResource = { group: 'bound.example.com', plural: 'widgets' };
const maps = '/api/v1/namespaces/default/configmaps';
const widgets = '/apis/bound.example.com/v1/namespaces/default/widgets';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const fence = 'zz-fence';
const untouched = new Set(['kube-root-ca.crt', fence]);

beforeAll(async () => {
  server = await startServer();
  await createWorkspace(server.admin, 'provider', { name: 'universal', path: 'root' });
  await publish(server.admin.in('root:provider'), 'demo', [bound]);
});

afterAll(() => server.stop());

type Kind = 'map' | 'widget' | 'definition';

interface Step {
  workspace: number;
  kind: Kind;
  name: string;
  action: 'create' | 'update' | 'delete';
}

const step: fc.Arbitrary<Step> = fc.record({
  workspace: fc.nat(2),
  kind: fc.constantFrom<Kind>('map', 'map', 'widget', 'widget', 'definition'),
  name: fc.constantFrom('a', 'b', 'c'),
  action: fc.constantFrom('create', 'create', 'update', 'delete'),
});

/** What a workspace must contain: by kind and name, how often the object was written. */
type Model = Record<Kind, Map<string, number>>;

interface Tenant {
  at: ApiCaller;
  cluster: string;
  model: Model;
  watches: { maps: LiveWatch; widgets: LiveWatch };
}

async function makeTenant(run: number, index: number): Promise<Tenant> {
  const name = `run-${run}-${index}`;
  const made = await createWorkspace(server.admin, name, { name: 'universal', path: 'root' });
  const at = server.admin.in(`root:${name}`);
  await at.ok('POST', `${apis}/apibindings`, apiBinding('demo', { path: 'root:provider', export: 'demo' }));
  const [mapWatch, widgetWatch] = await Promise.all([at.watch(maps), at.watch(widgets)]);
  return {
    at,
    cluster: (made.spec as { cluster: string }).cluster,
    model: { map: new Map(), widget: new Map(), definition: new Map() },
    watches: { maps: mapWatch, widgets: widgetWatch },
  };
}

const groupOf = (name: string): string => `${name}.own.example.com`;

function objectOf({ kind, name, workspace }: Step): { path: string; object: AnyObject; at: string } {
  const owner = { owner: String(workspace) };
  if (kind === 'map') return { path: maps, at: `${maps}/${name}`, object: configMap(name, owner) as AnyObject };
  if (kind === 'widget') {
    return {
      path: widgets,
      at: `${widgets}/${name}`,
      object: demoObject(bound, name, { note: `${workspace}` }) as AnyObject,
    };
  }
  const object = customResource({ group: groupOf(name), plural: 'things' }) as AnyObject;
  return { path: definitions, at: `${definitions}/${object.metadata.name}`, object };
}

/** Does a step and holds the status of the answer to the model. */
async function perform({ at, model }: Tenant, { kind, name, action, ...rest }: Step): Promise<void> {
  const { path, object, at: place } = objectOf({ kind, name, action, ...rest });
  const known = model[kind].get(name);
  if (action === 'create') {
    const { status, text } = await at.post(path, object);
    expect(status, text).toBe(known === undefined ? 201 : 409);
    if (known === undefined) model[kind].set(name, 1);
  } else if (action === 'update') {
    const { status, text } = await at.patch(place, {
      metadata: { annotations: { written: String((known ?? 0) + 1) } },
    });
    expect(status, text).toBe(known === undefined ? 404 : 200);
    if (known !== undefined) model[kind].set(name, known + 1);
  } else {
    const { status, text } = await at.delete(place);
    expect(status, text).toBe(known === undefined ? 404 : 200);
    model[kind].delete(name);
    if (kind === 'definition' && known !== undefined)
      await eventually(async () => (await at.get(place)).status === 404);
  }
}

const writes = ({ metadata }: AnyObject): number => Number(metadata.annotations?.written ?? 1);

function contents(objects: readonly AnyObject[]): Map<string, number> {
  const own = objects.filter(({ metadata }) => !untouched.has(metadata.name ?? ''));
  return new Map(own.map((object): [string, number] => [object.metadata.name ?? '', writes(object)]).sort());
}

const sorted = (map: ReadonlyMap<string, number>): Map<string, number> => new Map([...map].sort());

/** The state that a client has who only watches. */
async function watched(watch: LiveWatch, cluster: string): Promise<Map<string, number>> {
  await watch.named('ADDED', fence);
  const objects = new Map<string, AnyObject>();
  for (const { type, object } of watch.events) {
    expect(object.metadata.annotations?.['kcp.io/cluster']).toBe(cluster);
    if (type === 'DELETED') objects.delete(object.metadata.name ?? '');
    else objects.set(object.metadata.name ?? '', object);
  }
  return contents([...objects.values()]);
}

async function check(tenant: Tenant): Promise<void> {
  const { at, cluster, model, watches } = tenant;
  for (const [path, wanted] of [
    [maps, model.map],
    [widgets, model.widget],
    ['/api/v1/configmaps?labelSelector=!none&limit=2', undefined],
  ] as const) {
    const { items } = await at.ok('GET', path);
    for (const { metadata } of items) expect(metadata.annotations?.['kcp.io/cluster']).toBe(cluster);
    if (wanted !== undefined) expect(contents(items)).toEqual(sorted(wanted));
  }
  const groups = (await at.ok('GET', '/apis')).groups as { name: string }[];
  const own = groups.map(({ name }) => name).filter((name) => name.endsWith('.own.example.com'));
  expect(own.sort()).toEqual([...model.definition.keys()].map(groupOf).sort());
  const documents = Object.keys((await at.ok('GET', '/openapi/v3')).paths as object);
  expect(documents.filter((path) => path.endsWith('.own.example.com/v1')).sort()).toEqual(
    [...model.definition.keys()].map((name) => `apis/${groupOf(name)}/v1`).sort(),
  );
  for (const name of ['a', 'b', 'c']) {
    const { status } = await at.get(`/apis/${groupOf(name)}/v1/things`);
    expect(status).toBe(model.definition.has(name) ? 200 : 404);
  }
  await at.ok('POST', maps, configMap(fence));
  await at.ok('POST', widgets, demoObject(bound, fence));
  expect(await watched(watches.maps, cluster)).toEqual(sorted(model.map));
  expect(await watched(watches.widgets, cluster)).toEqual(sorted(model.widget));
}

describe('three workspaces that are written at once', () => {
  it('show in lists, watches and discovery what was done in each, and nothing of the others', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const run = runs++;
      const tenants = await Promise.all([0, 1, 2].map((index) => makeTenant(run, index)));
      try {
        await Promise.all(
          tenants.map(async (tenant, index) => {
            for (const one of steps) if (one.workspace === index) await perform(tenant, one);
          }),
        );
        for (const tenant of tenants) await check(tenant);
      } finally {
        await Promise.all(tenants.flatMap(({ watches }) => [watches.maps.close(), watches.widgets.close()]));
      }
    });
    await fc.assert(property, { numRuns: 25 });
  });
});

describe('a continue token', () => {
  it('of another workspace, or a made-up one, leads to no object of another workspace', async () => {
    const run = runs++;
    const [one, other] = await Promise.all([0, 1].map((index) => makeTenant(run, index)));
    if (one === undefined || other === undefined) throw new Error('two tenants');
    for (const tenant of [one, other])
      for (const name of ['a', 'b', 'c']) await tenant.at.ok('POST', maps, configMap(`${name}-${tenant.cluster}`));
    const token = ((await one.at.ok('GET', `${maps}?limit=1`)).metadata as { continue?: string }).continue ?? '';
    const decoded = JSON.parse(Buffer.from(token, 'base64url').toString()) as { start: string };
    const starts = [decoded.start, '../', '/r/', `/r/core/configmaps/${one.cluster}/`, '', 'zzz'];
    for (const start of starts) {
      const forged = Buffer.from(JSON.stringify({ ...decoded, start })).toString('base64url');
      const { items } = await other.at.ok('GET', `${maps}?limit=500&continue=${forged}`);
      for (const { metadata } of items) expect(metadata.annotations?.['kcp.io/cluster'], start).toBe(other.cluster);
    }
    await Promise.all([one, other].flatMap(({ watches }) => [watches.maps.close(), watches.widgets.close()]));
  });
});
