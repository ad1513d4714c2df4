import { decodeObject } from '@canopy/apiserver';
import {
  apiBindingKey,
  bindingStatusOf,
  groups,
  holdersFor,
  logicalClusterKey,
  planBinding,
  readObject,
} from '@canopy/kcp';
import type { KeyValue } from '@canopy/storage';
import { type ClusterView, type ControllerDeps, clusterView } from '../../runtime/controller-deps.ts';
import { type ObjectPlace, replaceOperations } from '../../runtime/object-writer.ts';
import { pollDelay } from '../../runtime/waiting-keys.ts';
import { deleteBinding } from './apibinding-deletion.ts';

const attempts = 20;

export function bindingPlace(deps: ControllerDeps, view: ClusterView, name: string): ObjectPlace {
  return { resource: deps.world.native.find(groups.apis, 'apibindings'), access: view.access, name };
}

/** Plans a binding anew, or ends it. Resolves to `waiting` while what it had bound is still being deleted. */
export async function reconcileBinding(
  deps: ControllerDeps,
  cluster: string,
  name: string,
): Promise<'done' | { waitMs: number }> {
  const { storage } = deps.registry;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const kv = await storage.get(apiBindingKey(cluster, name));
    if (kv === undefined) return 'done';
    const view = await clusterView(deps, cluster);
    const { deletionTimestamp } = decodeObject(kv).metadata;
    if (deletionTimestamp !== undefined) {
      const outcome = await deleteBinding(deps, view, bindingPlace(deps, view, name), kv);
      if (outcome === 'done') return 'done';
      if (outcome === 'waiting') return { waitMs: pollDelay(deps.clock.now(), deletionTimestamp) };
    } else if (await planAnew(deps, view, bindingPlace(deps, view, name), kv)) return 'done';
  }
  throw new Error(`the binding ${cluster}/${name} is being changed too often`);
}

/** False when something changed meanwhile. */
async function planAnew(deps: ControllerDeps, view: ClusterView, place: ObjectPlace, kv: KeyValue): Promise<boolean> {
  const { registry, world, surfaces } = deps;
  const logicalCluster = await readObject(registry.storage, logicalClusterKey(view.cluster));
  if (logicalCluster === undefined || logicalCluster.object.metadata.deletionTimestamp !== undefined) return true;
  const binding = decodeObject(kv);
  const applied = bindingStatusOf(binding).appliedPermissionClaims;
  const plan = await planBinding(world, {
    binding,
    cluster: view.cluster,
    logicalCluster,
    holders: await holdersFor(world, surfaces, view.cluster, binding),
  });
  // The labels of claims that are not in force any more are still to be taken away, which is the claims controller's part.
  if (applied !== undefined && applied.length > 0) bindingStatusOf(binding).appliedPermissionClaims = applied;
  const own = await replaceOperations(registry, place, { kv }, binding);
  if (own.length === 0 && plan.operations.length === 0) return true;
  const result = await registry.storage.transact({
    compares: [{ key: kv.key, modRevision: kv.modRevision }, ...plan.compares],
    operations: [...own, ...plan.operations],
  });
  return result.succeeded;
}
