import { clusterIndex } from '@canopy/apiserver';
import { MemoryStorage, type Storage } from '@canopy/storage';
import { type ControlPlane, startControlPlane } from '@canopy/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controllerFactories, type RunningControllers, startSharedControllers } from './controller-list.ts';
import { checkpointPrefix } from './runtime/checkpoint.ts';
import { clusterOf, configMap, depsOf, workspace } from './testing/controller-fixture.ts';
import { type CutStorage, cutStorage } from './testing/cut-storage.ts';

const objects = 300;
const silentMs = 1000;
const beatMs = 200;
const othersLagMs = 150;
const going = { resource: 'workspaces.tenancy.kcp.io', name: 'going' };

let store: MemoryStorage;
let started: (() => Promise<void>)[];

beforeEach(() => {
  store = new MemoryStorage();
  started = [];
});

afterEach(async () => {
  for (const stop of started) await stop();
  await store.close();
});

interface Replica {
  plane: ControlPlane;
  controllers: RunningControllers;
  problems: string[];
}

async function replica(name: string, storage: Storage = store): Promise<Replica> {
  const plane = await startControlPlane({ storage });
  const problems: string[] = [];
  const deps = { ...depsOf(plane, problems), othersLagMs };
  const controllers = await startSharedControllers(deps, { replica: name, silentMs, beatMs, chores: {} });
  started.push(async () => {
    await controllers.stop();
    plane.close();
  });
  return { plane, controllers, problems };
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A workspace with something in it, asked to go. */
async function endingWorkspace({ api }: ControlPlane): Promise<string> {
  const made = await api('root').create('workspaces.tenancy.kcp.io', workspace('going'));
  const cluster = clusterOf(made);
  for (let i = 0; i < objects; i++) await api(cluster).create('configmaps', configMap(`c${i}`, 'default'));
  await api('root').remove(going);
  return cluster;
}

describe('controllers of several replicas', () => {
  it.each([0, 1, 2, 5])('finish what another one has begun that is gone after %i transactions', async (count) => {
    const dying: CutStorage = cutStorage(store);
    const one = await replica('one', dying.storage);
    dying.cutAfter(count);
    const two = await replica('two');
    const cluster = await endingWorkspace(two.plane);
    await until(() => two.controllers.units().length === Object.keys(controllerFactories).length);
    await until(async () => (await store.get(logicalCluster(cluster))) === undefined);
    await two.controllers.settled();
    expect((await store.rangeIndex(clusterIndex, cluster)).items).toEqual([]);
    expect(await two.plane.api('root').find(going)).toBeUndefined();
    expect(two.problems).toEqual([]);
    await until(() => one.controllers.units().length === 0);
  });

  it('remove what a replica that lags behind has written into a workspace that was gone', async () => {
    const one = await replica('one');
    const cluster = await endingWorkspace(one.plane);
    await until(async () => (await store.get(logicalCluster(cluster))) === undefined);
    await one.controllers.settled();
    const key = `/r/core/configmaps/${cluster}/default/late` as ReturnType<typeof logicalCluster>;
    const indexes = [{ index: clusterIndex, value: cluster }];
    await store.transact({
      compares: [],
      operations: [{ type: 'put', key, value: new Uint8Array([123, 125]), indexes }],
    });
    await until(async () => (await store.get(key)) === undefined);
  });

  it('remember where each stands by itself, and a later start continues there', async () => {
    const one = await replica('one');
    const cluster = await endingWorkspace(one.plane);
    await one.controllers.stop();
    const checkpoints = await store.range(checkpointPrefix);
    expect(checkpoints.items.map(({ key }) => key.slice(checkpointPrefix.length))).toContain('core/logicalcluster');
    await replica('two');
    await until(async () => (await store.get(logicalCluster(cluster))) === undefined);
  });
});

function logicalCluster(cluster: string) {
  return `/r/core.kcp.io/logicalclusters/${cluster}/-/cluster` as Parameters<Storage['get']>[0];
}
