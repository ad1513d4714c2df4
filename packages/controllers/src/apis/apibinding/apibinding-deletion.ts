import { setCondition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import { decodeObject, type ServedResource, timestamp } from '@canopy/apiserver';
import {
  type BoundResourceStatus,
  bindingFinalizer,
  bindingStatusOf,
  type ClaimIdentity,
  groups,
  logicalClusterKey,
  logicalClusterObjectName,
  readLocks,
  takeLocks,
  writeLocks,
} from '@canopy/kcp';
import { type Compare, type KeyValue, type Operation, objectPrefix } from '@canopy/storage';
import { remainingFinalizers, remainingResources } from '../../core/namespace/namespace-conditions.ts';
import { type HeldObject, removeAllBelow } from '../../runtime/bulk-removal.ts';
import type { ClusterView, ControllerDeps } from '../../runtime/controller-deps.ts';
import { type ObjectPlace, replaceOperations } from '../../runtime/object-writer.ts';
import { relabelClaim } from '../permission-claims/relabel.ts';

/**
 * Ends a marked binding: the objects of what it had bound go, except those that another binding of the same schema and
 * identity takes over; then its locks and its finalizer. `again` when something changed meanwhile.
 */
export async function deleteBinding(
  deps: ControllerDeps,
  view: ClusterView,
  place: ObjectPlace,
  kv: KeyValue,
): Promise<'done' | 'waiting' | 'again'> {
  const binding = decodeObject(kv);
  if (binding.metadata.finalizers?.includes(bindingFinalizer) !== true) return 'done';
  const held = await deleteInstances(deps, view, binding);
  if (held.length > 0) return (await tell(deps, place, kv, held)) ? 'waiting' : 'again';
  for (const claim of (bindingStatusOf(binding).appliedPermissionClaims ?? []) as ClaimIdentity[])
    await relabelClaim(deps, view, claim);
  return (await release(deps, view, place, kv)) ? 'done' : 'again';
}

async function deleteInstances(deps: ControllerDeps, view: ClusterView, binding: KubeObject): Promise<HeldObject[]> {
  const others = await liveBindings(deps, view, binding.metadata.name ?? '');
  const held: HeldObject[] = [];
  for (const bound of bindingStatusOf(binding).boundResources ?? []) {
    if (isAdopted(bound, others)) continue;
    held.push(...(await emptyResource(deps, view, bound)));
  }
  return held;
}

async function liveBindings({ registry }: ControllerDeps, view: ClusterView, except: string): Promise<KubeObject[]> {
  const { items } = await registry.storage.range(
    objectPrefix({ group: groups.apis, resource: 'apibindings', cluster: view.cluster }),
  );
  return items
    .map(decodeObject)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && metadata.name !== except);
}

/** Whether another binding has bound the same schema under the same identity. */
export function isAdopted(bound: BoundResourceStatus, others: readonly KubeObject[]): boolean {
  return others.some((other) =>
    bindingStatusOf(other).boundResources?.some(
      ({ schema }) => schema.UID === bound.schema.UID && schema.identityHash === bound.schema.identityHash,
    ),
  );
}

async function emptyResource(
  deps: ControllerDeps,
  view: ClusterView,
  bound: BoundResourceStatus,
): Promise<HeldObject[]> {
  const { registry } = deps;
  const served = boundBy(view, bound);
  const identity = served?.identity ?? bound.schema.identityHash;
  const prefix = objectPrefix({ group: bound.group, resource: bound.resource, identity, cluster: view.cluster });
  return removeAllBelow({ registry, surface: view.surface, access: view.access, marks: true }, prefix);
}

/** What the cluster serves of a bound resource; kinds of our own have no identity in their keys. */
function boundBy(view: ClusterView, { group, resource, schema }: BoundResourceStatus): ServedResource | undefined {
  const served = view.surface.find(group, resource);
  if (served === undefined) return undefined;
  return served.origin.kind === 'system' || served.identity === schema.identityHash ? served : undefined;
}

async function tell(
  deps: ControllerDeps,
  place: ObjectPlace,
  kv: KeyValue,
  held: readonly HeldObject[],
): Promise<boolean> {
  const { registry } = deps;
  const binding = decodeObject(kv);
  const status = bindingStatusOf(binding);
  const finalizers = remainingFinalizers(held);
  const resources = `Some resources are remaining: ${remainingResources(held)}`;
  const problem =
    finalizers === ''
      ? { reason: 'SomeResourcesRemain', message: resources }
      : {
          reason: 'SomeFinalizersRemain',
          message: `${resources}; Some content in the workspace has finalizers remaining: ${finalizers}`,
        };
  status.conditions = setCondition(
    status.conditions,
    { type: 'BindingResourceDeleteSuccess', status: 'False', severity: 'Error', ...problem },
    timestamp(registry.clock),
  );
  const operations = await replaceOperations(registry, place, { kv }, binding);
  if (operations.length === 0) return true;
  return (await registry.storage.transact({ compares: [{ key: kv.key, modRevision: kv.modRevision }], operations }))
    .succeeded;
}

async function release(deps: ControllerDeps, view: ClusterView, place: ObjectPlace, kv: KeyValue): Promise<boolean> {
  const { registry, world } = deps;
  const now = timestamp(registry.clock);
  const binding = decodeObject(kv);
  binding.metadata.finalizers = (binding.metadata.finalizers ?? []).filter((name) => name !== bindingFinalizer);
  const status = bindingStatusOf(binding);
  status.conditions = setCondition(status.conditions, { type: 'BindingResourceDeleteSuccess', status: 'True' }, now);
  delete status.boundResources;
  const operations: Operation[] = await replaceOperations(registry, place, { kv }, binding);
  const compares: Compare[] = [{ key: kv.key, modRevision: kv.modRevision }];
  const clusterKv = await registry.storage.get(logicalClusterKey(view.cluster));
  const logicalCluster = clusterKv === undefined ? undefined : decodeObject(clusterKv);
  const table = logicalCluster === undefined ? undefined : takeLocks(readLocks(logicalCluster), place.name, []);
  if (clusterKv !== undefined && logicalCluster !== undefined && table !== undefined) {
    writeLocks(logicalCluster, table);
    const at: ObjectPlace = {
      resource: world.native.find(groups.core, 'logicalclusters'),
      access: view.access,
      name: logicalClusterObjectName,
    };
    compares.push({ key: clusterKv.key, modRevision: clusterKv.modRevision });
    operations.push(...(await replaceOperations(registry, at, { kv: clusterKv }, logicalCluster)));
  }
  return (await registry.storage.transact({ compares, operations })).succeeded;
}
