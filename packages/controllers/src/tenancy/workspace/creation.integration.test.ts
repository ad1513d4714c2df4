import type { Change } from '@canopy/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { controllerList } from '../../controller-list.ts';
import {
  type ControllerFixture,
  clusterOf,
  conditionOf,
  depsOf,
  object,
  phaseOfObject,
  startFixture,
  workspace,
} from '../../testing/controller-fixture.ts';

let fixture: ControllerFixture;
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

/** `<controller> <key>` of all work that the changes of `act` ask for. */
async function workOf(act: () => Promise<unknown>): Promise<string[]> {
  const work: string[] = [];
  const controllers = controllerList(depsOf(fixture, []));
  const subscription = fixture.registry.hub.watch({
    prefix: '',
    after: fixture.registry.hub.revision,
    onChanges: (changes: readonly Change[]) => {
      for (const change of changes.filter(({ key }) => key.startsWith('/r/')))
        for (const { name, watches, keysOf } of controllers) {
          const resource = change.key.split('/').slice(2, 4).join('/').split(':')[0] ?? '';
          if (watches.includes('*') || watches.includes(resource)) keysOf(change, (key) => work.push(`${name} ${key}`));
        }
    },
    onEnd: () => undefined,
  });
  await act();
  await fixture.registry.hub.waitFor(await fixture.registry.storage.currentRevision());
  await new Promise((resolve) => setImmediate(resolve));
  subscription.close();
  return work;
}

async function makeType(spec: object): Promise<void> {
  const extended = { extend: { with: [{ name: 'universal', path: 'root' }] }, ...spec };
  await fixture
    .api('root')
    .create(
      'workspacetypes.tenancy.kcp.io',
      object('tenancy.kcp.io/v1alpha1', 'WorkspaceType', 'special', { spec: extended }),
    );
}
const special = (name: string) => ({ ...workspace(name), spec: { type: { name: 'special', path: 'root' } } });
const create = async (body: ReturnType<typeof workspace>) =>
  fixture.api('root').create('workspaces.tenancy.kcp.io', body);
const ownCluster = { resource: 'logicalclusters.core.kcp.io', name: 'cluster' };

describe('the creation of a workspace', () => {
  it('leaves no work for any controller when nobody else has to do anything', async () => {
    fixture = await startFixture();
    const work = await workOf(async () => {
      const made = await create({ ...workspace('team'), metadata: { name: 'team', labels: { phase: 'Scheduled' } } });
      expect(phaseOfObject(made)).toBe('Ready');
    });
    expect(work).toEqual([]);
  });

  it('leaves none with maintained bindings either, and says so', async () => {
    fixture = await startFixture();
    await makeType({ defaultAPIBindingLifecycle: 'Maintain' });
    let cluster = '';
    const work = await workOf(async () => {
      cluster = clusterOf(await create(special('team')));
    });
    expect(work).toEqual([]);
    expect(conditionOf(await fixture.api(cluster).get(ownCluster), 'APIBindingsReconciled')?.status).toBe('True');
  });

  it.each([
    [
      'bindings that wait for their export',
      { defaultAPIBindings: [{ path: 'root', export: 'shop' }] },
      ['apis/default-bindings', 'apis/apibinding'],
    ],
    ['terminators', { terminator: true }, ['core/logicalcluster']],
  ])('is followed up with %s', async (_what, spec, names) => {
    fixture = await startFixture();
    await makeType(spec);
    const work = await workOf(() => create(special('team')));
    expect(work.map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(names));
  });

  it('leaves the rest to whoever the initializer is for', async () => {
    fixture = await startFixture();
    await makeType({ initializer: true });
    const work = await workOf(async () => expect(phaseOfObject(await create(special('team')))).toBe('Initializing'));
    expect(work).toEqual([]);
  });

  it('is followed up when no shard takes it', async () => {
    fixture = await startFixture({ matches: () => false });
    expect(await workOf(() => create(workspace('team')))).toEqual(['tenancy/workspace root/team']);
  });
});
