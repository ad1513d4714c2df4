import { randomUUID } from 'node:crypto';
import { builtinDeclarations } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import {
  type AdmissionPlugin,
  admit,
  createObject,
  deleteObject,
  ListCache,
  logicalClusterName,
  mintClusterAccess,
  objectOf,
  type Registry,
  serveResource,
  updateObject,
} from '@canopy/apiserver';
import { ChangeHub, MemoryStorage } from '@canopy/storage';
import { describe, expect, it } from 'vitest';
import { crdNamesAdmission } from '../admission/crd-names-admission.ts';
import {
  type CrdNames,
  type CrdObject,
  cleanupFinalizer,
  crdPlural,
  findCondition,
  isEstablished,
} from '../definition/crd-object.ts';
import { settleStatus } from '../names/settle-status.ts';
import { widgetCrd } from '../testing/widget-crd.ts';
import { crdStrategy } from './crd-strategy.ts';
import { storedNeighbourhood } from './stored-neighbourhood.ts';

const user = { name: 'alice', groups: [] };
const now = '2026-01-02T00:00:00Z';

/** Definitions of logical clusters over the real registry. */
async function start(bound: readonly CrdNames[] = []) {
  const storage = new MemoryStorage();
  const hub = await ChangeHub.start(storage);
  const registry: Registry = {
    storage,
    hub,
    lists: new ListCache(hub, 1024 * 1024),
    clock: { now: () => Date.parse(now) },
    ids: { uuid: randomUUID, suffix: () => 'x' },
    maxObjectBytes: 3 * 1024 * 1024,
    isIndexedLabel: () => false,
    leases: { leaseFor: (seconds) => storage.grantLease(seconds) },
  };
  const neighbourhood = storedNeighbourhood({ registry, boundNames: async () => bound });
  const declaration = builtinDeclarations.find((it) => it.names.plural === crdPlural)!;
  const resource = serveResource(declaration, { origin: { kind: 'builtin' }, strategy: crdStrategy(neighbourhood) });
  const plugins: AdmissionPlugin[] = [crdNamesAdmission({ neighbourhood, clock: registry.clock })];
  const request = (name: string, cluster: string) => ({
    access: mintClusterAccess(logicalClusterName(cluster)),
    user,
    resource,
    version: 'v1',
    namespace: undefined,
    name,
  });
  const options = (cluster: string, subresource: string) => ({
    fieldManager: 'test',
    dryRun: false,
    subresource,
    warn() {},
    admit: (object: KubeObject, old: KubeObject | undefined) =>
      admit(plugins, {
        ...request(object.metadata.name ?? '', cluster),
        operation: old === undefined ? 'CREATE' : 'UPDATE',
        subresource,
        object,
        old,
        dryRun: false,
        warn() {},
      }),
  });
  return {
    async create(crd: CrdObject, cluster = 'root') {
      return objectOf(
        await createObject(registry, request(crd.metadata.name ?? '', cluster), crd, options(cluster, '')),
      ) as CrdObject;
    },
    async update(name: string, change: (live: CrdObject) => void, subresource = '') {
      const step = {
        createIfMissing: false,
        async transform(live: KubeObject | undefined) {
          change(live as CrdObject);
          return { object: live as KubeObject, managedFieldsKept: false };
        },
      };
      return objectOf(
        (await updateObject(registry, request(name, 'root'), step, options('root', subresource))).stored,
      ) as CrdObject;
    },
    remove: (name: string) => deleteObject(registry, request(name, 'root'), { dryRun: false, admit: async () => {} }),
    neighbours: () => neighbourhood.neighbours(mintClusterAccess(logicalClusterName('root')), 'example.com'),
  };
}

function named(plural: string, names: Partial<CrdNames> = {}): CrdObject {
  const crd = widgetCrd();
  crd.metadata.name = `${plural}.example.com`;
  crd.spec.names = { plural, kind: plural.replace(/^./, (c) => c.toUpperCase()), ...names };
  return crd;
}

describe('custom resource definitions', () => {
  it('are established when the POST returns, with their names filled in', async () => {
    const created = await (await start()).create(named('widgets', { kind: 'Widget', shortNames: ['wd'] }));
    expect(created.status).toEqual({
      storedVersions: ['v1'],
      acceptedNames: {
        plural: 'widgets',
        singular: 'widget',
        kind: 'Widget',
        listKind: 'WidgetList',
        shortNames: ['wd'],
      },
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'True',
          lastTransitionTime: now,
          reason: 'NoConflicts',
          message: 'no conflicts found',
        },
        {
          type: 'Established',
          status: 'True',
          lastTransitionTime: now,
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ],
    });
    expect(created.spec.conversion).toEqual({ strategy: 'None' });
    expect(created.metadata.generation).toBe(1);
  });

  it('are not established while another one has their kind, and are once it is gone', async () => {
    const cluster = await start();
    await cluster.create(named('widgets', { kind: 'Widget' }));
    const second = await cluster.create(
      named('gadgets', { kind: 'Widget', singular: 'gadget', listKind: 'GadgetList' }),
    );
    expect(isEstablished(second)).toBe(false);
    expect(findCondition(second, 'NamesAccepted')).toMatchObject({
      status: 'False',
      reason: 'KindConflict',
      message: '"Widget" is already in use',
    });
    await cluster.remove('widgets.example.com');
    await cluster.update('widgets.example.com', (live) => delete live.metadata.finalizers);
    expect(isEstablished({ ...second, status: settleStatus(second, await cluster.neighbours(), now) })).toBe(true);
  });

  it('conflict with bound APIs too', async () => {
    const cluster = await start([{ plural: 'others', kind: 'Other', shortNames: ['wd'] }]);
    const created = await cluster.create(named('widgets', { shortNames: ['wd'] }));
    expect(findCondition(created, 'NamesAccepted')?.reason).toBe('ShortNamesConflict');
    expect(findCondition(created, 'Established')?.reason).toBe('NotAccepted');
  });

  it('do not see those of other logical clusters', async () => {
    const clusters = await start();
    await clusters.create(named('widgets', { kind: 'Widget' }), 'one');
    expect(
      isEstablished(await clusters.create(named('gadgets', { kind: 'Widget', listKind: 'GadgetList' }), 'two')),
    ).toBe(true);
  });

  it('never both get the same kind, even when they come at the same moment', async () => {
    const cluster = await start();
    const plurals = ['alphas', 'betas', 'gammas', 'deltas', 'omegas'];
    const all = await Promise.all(
      plurals.map((plural) =>
        cluster.create(named(plural, { kind: 'Same', singular: plural.slice(0, -1), listKind: `${plural}list` })),
      ),
    );
    expect(all.filter(isEstablished)).toHaveLength(1);
  });

  it('are all established when many of one group come at once', async () => {
    const cluster = await start();
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        cluster.create(named(`things${String.fromCharCode(97 + (i % 26))}${'x'.repeat(Math.floor(i / 26))}`)),
      ),
    );
    expect(all.every(isEstablished)).toBe(true);
  });

  it('take new names at once, and keep the old ones where the new are taken', async () => {
    const cluster = await start();
    await cluster.create(named('gadgets', { shortNames: ['gd'] }));
    await cluster.create(named('widgets', { shortNames: ['wd'] }));
    const free = await cluster.update('widgets.example.com', (live) => (live.spec.names.shortNames = ['wgt']));
    expect(free.status?.acceptedNames?.shortNames).toEqual(['wgt']);
    const taken = await cluster.update('widgets.example.com', (live) => (live.spec.names.shortNames = ['gd']));
    expect(taken.status?.acceptedNames?.shortNames).toEqual(['wgt']);
    expect(findCondition(taken, 'NamesAccepted')).toMatchObject({ status: 'False', reason: 'ShortNamesConflict' });
    expect(isEstablished(taken)).toBe(true);
  });

  it('remember every version that was the storage version, and refuse to drop one', async () => {
    const cluster = await start();
    await cluster.create(widgetCrd());
    const moved = await cluster.update('widgets.example.com', (live) => {
      for (const version of live.spec.versions) version.storage = version.name === 'v1beta1';
    });
    expect(moved.status?.storedVersions).toEqual(['v1', 'v1beta1']);
    const drop = (live: CrdObject) => (live.spec.versions = live.spec.versions.filter((version) => version.storage));
    await expect(cluster.update('widgets.example.com', drop)).rejects.toMatchObject({ code: 422 });
    await cluster.update('widgets.example.com', (live) => (live.status!.storedVersions = ['v1beta1']), 'status');
    await expect(cluster.update('widgets.example.com', drop)).resolves.toBeDefined();
  });

  it('stay, marked as terminating, until the cleanup finalizer is taken away', async () => {
    const cluster = await start();
    await cluster.create(widgetCrd());
    const deletion = await cluster.remove('widgets.example.com');
    const marked = objectOf(deletion.stored) as CrdObject;
    expect(deletion.gone).toBe(false);
    expect(marked.metadata.finalizers).toEqual([cleanupFinalizer]);
    expect(findCondition(marked, 'Terminating')).toMatchObject({ status: 'True', reason: 'InstanceDeletionPending' });
    await cluster.update('widgets.example.com', (live) => delete live.metadata.finalizers);
    expect((await cluster.neighbours()).definitions).toEqual([]);
  });

  it('are refused with all that is wrong with them', async () => {
    const crd = named('widgets', { listKind: 'Widgets' });
    crd.spec.versions[1]!.schema = { openAPIV3Schema: {} };
    const error = (await (await start()).create(crd).catch((e: unknown) => e)) as {
      code: number;
      details: { causes: { field: string }[] };
    };
    expect(error.code).toBe(422);
    expect(error.details.causes.map((cause) => cause.field)).toEqual([
      'spec.versions[1].schema.openAPIV3Schema.type',
      'spec.names.listKind',
    ]);
  });
});
