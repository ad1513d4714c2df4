import type { KubeObject } from '@canopy/apimachinery';
import type { IndexEntry } from '@canopy/storage';
import type { LogicalClusterName } from './logical-cluster.ts';
import type { Registry } from './registry.ts';
import type { ServedResource } from './served-resource.ts';

/** Dependents by owner: value `<cluster>/<owner uid>`. */
export const ownerIndex = 'owner';
/** Objects that are being deleted: value `<group>/<resource>`. */
export const deletingIndex = 'deleting';
/** Objects of any resource by logical cluster: value `<cluster>`. Lets a cluster's content be found without a list per resource. */
export const clusterIndex = 'cluster';

/** Objects by an indexed label: value from {@link labelIndexValue}. */
export const labelIndex = 'label';

export function labelIndexValue(at: { group: string; resource: string }, key: string, value: string): string {
  return `${at.group}/${at.resource}:${key}=${value}`;
}

export function ownerIndexValue(cluster: LogicalClusterName, uid: string): string {
  return `${cluster}/${uid}`;
}

/** What the index rows of an object depend on besides itself. */
export type IndexedResource = Pick<ServedResource, 'strategy'> & {
  declaration: { group: string; names: { plural: string } };
};

/** All index rows of an object in its storage version: the generic ones and those of its strategy. */
export function indexEntries(
  registry: Pick<Registry, 'isIndexedLabel'>,
  resource: IndexedResource,
  cluster: LogicalClusterName,
  object: KubeObject,
): IndexEntry[] {
  const { group, names } = resource.declaration;
  const entries: IndexEntry[] = [{ index: clusterIndex, value: cluster }];
  for (const owner of object.metadata.ownerReferences ?? []) {
    entries.push({ index: ownerIndex, value: ownerIndexValue(cluster, owner.uid) });
  }
  if (object.metadata.deletionTimestamp !== undefined) {
    entries.push({ index: deletingIndex, value: `${group}/${names.plural}` });
  }
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (!registry.isIndexedLabel(key, value)) continue;
    entries.push({ index: labelIndex, value: labelIndexValue({ group, resource: names.plural }, key, value) });
  }
  const own = resource.strategy.indexes?.(object);
  if (own !== undefined) entries.push(...own);
  return entries;
}
