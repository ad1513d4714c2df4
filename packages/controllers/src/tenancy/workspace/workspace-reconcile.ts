import { timestamp } from '@canopy/apiserver';
import { workspaceFinalizer, workspaceSpecOf } from '@canopy/kcp';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { changeObject } from '../../runtime/object-writer.ts';
import { pollDelay } from '../../runtime/waiting-keys.ts';
import { changeCluster, markCluster } from '../logicalcluster/cluster-commit.ts';
import {
  clusterSpecOf,
  deletionFinalizer,
  readLogicalCluster,
  type StoredObjectAt,
} from '../logicalcluster/cluster-objects.ts';
import { showDisappeared } from '../logicalcluster/workspace-mirror.ts';
import { schedule } from './workspace-scheduling.ts';

const appearsWithinMs = 60_000;
const appearsAgainMs = 1000;
const scheduleAgainMs = 60_000;

/** Milliseconds until it wants to be looked at again. */
export async function reconcileWorkspace(deps: ControllerDeps, found: StoredObjectAt): Promise<number | undefined> {
  const { object } = found;
  if (object.metadata.deletionTimestamp !== undefined) return endWorkspace(deps, found);
  const { cluster, mount } = workspaceSpecOf(object);
  if (mount !== undefined) return undefined;
  if (cluster === undefined) return (await schedule(deps, found)) === 'unschedulable' ? scheduleAgainMs : undefined;
  const logicalCluster = await readLogicalCluster(deps, cluster);
  if (logicalCluster !== undefined && clusterSpecOf(logicalCluster.object).owner?.uid === object.metadata.uid) {
    await changeCluster(deps, cluster, () => undefined);
    return undefined;
  }
  const age = deps.clock.now() - Date.parse(object.metadata.creationTimestamp ?? '');
  if (age < appearsWithinMs) return appearsAgainMs;
  await changeObject(deps.registry, found.place, (workspace) => {
    if (workspace.metadata.uid !== object.metadata.uid) return false;
    showDisappeared(workspace, timestamp(deps.registry.clock));
    return true;
  });
  return appearsWithinMs;
}

/** Marks the cluster of a marked Workspace; without a cluster the Workspace goes. */
async function endWorkspace(deps: ControllerDeps, { object, place }: StoredObjectAt): Promise<number | undefined> {
  const { cluster } = workspaceSpecOf(object);
  const { uid } = object.metadata;
  const logicalCluster = cluster === undefined ? undefined : await readLogicalCluster(deps, cluster);
  if (
    cluster !== undefined &&
    logicalCluster !== undefined &&
    clusterSpecOf(logicalCluster.object).owner?.uid === uid
  ) {
    const { deletionTimestamp, finalizers = [] } = logicalCluster.object.metadata;
    // Held by others alone: its end is nobody's doing here.
    if (deletionTimestamp !== undefined)
      return finalizers.includes(deletionFinalizer) ? undefined : pollDelay(deps.clock.now(), deletionTimestamp);
    const now = timestamp(deps.registry.clock);
    await changeCluster(deps, cluster, (current) => {
      if (clusterSpecOf(current).owner?.uid === uid) markCluster(current, now);
    });
    return undefined;
  }
  await changeObject(deps.registry, place, (workspace) => {
    if (workspace.metadata.uid !== uid) return false;
    workspace.metadata.finalizers = (workspace.metadata.finalizers ?? []).filter((name) => name !== workspaceFinalizer);
    return true;
  });
  return undefined;
}
