import { type Change, objectPrefix } from '@canopy/storage';
import { clusterOfKey } from './controller-deps.ts';

/** Of the keys of all LogicalClusters. */
export const clustersPrefix = objectPrefix({ group: 'core.kcp.io', resource: 'logicalclusters' });

/**
 * A batch without what went together with its logical cluster: of that, the end of the cluster is all that needs to be
 * heard. A batch may be cut anywhere, so some of it may still come.
 */
export function withoutEndedClusters(changes: readonly Change[]): readonly Change[] {
  let ended: Set<string> | undefined;
  for (const { key, type } of changes) {
    if (type !== 'delete' || !key.startsWith(clustersPrefix)) continue;
    ended ??= new Set();
    ended.add(clusterOfKey(key));
  }
  if (ended === undefined) return changes;
  const gone = ended;
  return changes.filter(
    ({ key, type }) =>
      type !== 'delete' || !key.startsWith('/r/') || key.startsWith(clustersPrefix) || !gone.has(clusterOfKey(key)),
  );
}
