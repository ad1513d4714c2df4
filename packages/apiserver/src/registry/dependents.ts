import type { KubeObject } from '@canopy/apimachinery';
import type { LogicalClusterName } from './logical-cluster.ts';
import { ownerIndex, ownerIndexValue } from './object-indexes.ts';
import type { Registry } from './registry.ts';

/** Whether any object of the cluster names this one as its owner. */
export async function hasDependents(
  registry: Registry,
  cluster: LogicalClusterName,
  object: KubeObject,
): Promise<boolean> {
  const { uid } = object.metadata;
  if (uid === undefined) return false;
  const found = await registry.storage.rangeIndex(ownerIndex, ownerIndexValue(cluster, uid), { limit: 1 });
  return found.items.length > 0;
}
