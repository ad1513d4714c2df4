import { deepCopy, type KubeObject } from '@canopy/apimachinery';
import { timestamp } from '@canopy/apiserver';
import type { Compare, Operation } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { replaceOperations } from '../../runtime/object-writer.ts';
import { readLogicalCluster, readOwner, type StoredObjectAt } from './cluster-objects.ts';
import { settlePhase } from './cluster-phase.ts';
import { mirrorCluster } from './workspace-mirror.ts';

const attempts = 20;

/** A LogicalCluster as it is to be, and the writes for it and its Workspace: none where nothing changes. */
export interface ClusterChange {
  logicalCluster: KubeObject;
  compares: Compare[];
  operations: Operation[];
}

/**
 * Plans a change of a LogicalCluster with all that follows from it, on itself and on its Workspace, which is read unless the
 * caller has it.
 */
export async function planClusterChange(
  deps: ControllerDeps,
  found: StoredObjectAt,
  change: (logicalCluster: KubeObject, workspace: KubeObject | undefined) => void,
  known?: StoredObjectAt,
): Promise<ClusterChange> {
  const now = timestamp(deps.registry.clock);
  const owner = known ?? (await readOwner(deps, found.object));
  const logicalCluster = deepCopy(found.object);
  const workspace = owner === undefined ? undefined : deepCopy(owner.object);
  change(logicalCluster, workspace);
  settlePhase(logicalCluster, now);
  const compares: Compare[] = [];
  const operations: Operation[] = [];
  const own = await replaceOperations(deps.registry, found.place, found, logicalCluster);
  if (own.length > 0) {
    compares.push({ key: found.kv.key, modRevision: found.kv.modRevision });
    operations.push(...own);
  }
  if (owner !== undefined && workspace !== undefined) {
    mirrorCluster(workspace, logicalCluster, now);
    const mirrored = await replaceOperations(deps.registry, owner.place, owner, workspace);
    if (mirrored.length > 0) {
      compares.push({ key: owner.kv.key, modRevision: owner.kv.modRevision });
      operations.push(...mirrored);
    }
  }
  return { logicalCluster, compares, operations };
}

/** Changes a LogicalCluster and its Workspace in one transaction. Undefined when there is no such cluster. */
export async function changeCluster(
  deps: ControllerDeps,
  cluster: string,
  change: (logicalCluster: KubeObject, workspace: KubeObject | undefined) => void,
): Promise<KubeObject | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = await readLogicalCluster(deps, cluster);
    if (found === undefined) return undefined;
    const { logicalCluster, compares, operations } = await planClusterChange(deps, found, change);
    if (operations.length === 0) return logicalCluster;
    const result = await deps.registry.storage.transact({ compares, operations });
    if (result.succeeded) return logicalCluster;
  }
  throw new Error(`the logical cluster ${cluster} is being changed too often`);
}

/** Marks a cluster as being deleted. */
export function markCluster(logicalCluster: KubeObject, now: string): void {
  if (logicalCluster.metadata.deletionTimestamp !== undefined) return;
  logicalCluster.metadata.deletionTimestamp = now;
  logicalCluster.metadata.deletionGracePeriodSeconds = 0;
}
