import type { KubeObject } from '@canopy/apimachinery';
import type { Operation, StorageKey } from '@canopy/storage';
import type { LogicalClusterName } from './logical-cluster.ts';
import { ownerIndex, ownerIndexValue } from './object-indexes.ts';
import type { ServedResource } from './served-resource.ts';

/**
 * Garbage collection as durable work instead of a graph in memory: whenever an ownership may need attention (an owner
 * with dependents disappears, is marked for foreground or orphan deletion, or an object starts to name an owner), a mark
 * `/w/gc/<cluster>/<owner uid>` is written in the same transaction. The collector handles marks and removes them; after
 * a crash the marks that are left are exactly the work that is left.
 */
export const garbageMarkPrefix = '/w/gc/';

/** Where the owner of a mark is or was. */
export interface GarbageMark {
  cluster: string;
  uid: string;
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function markOperation(mark: GarbageMark): Operation & { type: 'put' } {
  return {
    type: 'put',
    key: `${garbageMarkPrefix}${mark.cluster}/${mark.uid}` as StorageKey,
    value: encoder.encode(JSON.stringify(mark)),
  };
}

export function decodeGarbageMark(value: Uint8Array): GarbageMark {
  return JSON.parse(decoder.decode(value)) as GarbageMark;
}

/** Mark for an object that is an owner itself. */
export function markOwner(
  resource: ServedResource,
  cluster: LogicalClusterName,
  owner: KubeObject,
): Operation & { type: 'put' } {
  return markOperation({
    cluster,
    uid: owner.metadata.uid ?? '',
    apiVersion: owner.apiVersion,
    kind: resource.declaration.names.kind,
    ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
    name: owner.metadata.name ?? '',
  });
}

/** Mark for an object that disappears, if any object of the cluster names it as its owner. */
export function markIfOwner(resource: ServedResource, cluster: LogicalClusterName, owner: KubeObject): Operation[] {
  const { uid } = owner.metadata;
  if (uid === undefined) return [];
  const ifIndexed = { index: ownerIndex, value: ownerIndexValue(cluster, uid) };
  return [{ ...markOwner(resource, cluster, owner), ifIndexed }];
}

/** Marks for owners that `object` names and `old` did not. */
export function markNewOwners(
  cluster: LogicalClusterName,
  object: KubeObject,
  old: KubeObject | undefined,
): Operation[] {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners.length === 0) return [];
  const known = new Set(old?.metadata.ownerReferences?.map((owner) => owner.uid));
  const marks = new Map<string, Operation>();
  for (const owner of owners) {
    if (known.has(owner.uid)) continue;
    marks.set(
      owner.uid,
      markOperation({
        cluster,
        uid: owner.uid,
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
        name: owner.name,
      }),
    );
  }
  return [...marks.values()];
}
