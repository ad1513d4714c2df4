import { setCondition } from '@canopy/api';
import { deepCopy } from '@canopy/apimachinery';
import { clusterIndex, timestamp } from '@canopy/apiserver';
import { logicalClusterKey, workspaceFinalizer } from '@canopy/kcp';
import type { Compare, KeyValue, Operation, StorageKey } from '@canopy/storage';
import { remainingFinalizers, remainingResources } from '../../core/namespace/namespace-conditions.ts';
import type { HeldObject } from '../../runtime/bulk-removal.ts';
import { type ClusterView, type ControllerDeps, clusterView } from '../../runtime/controller-deps.ts';
import { itemsAtOnce } from '../../runtime/items-at-once.ts';
import { replaceOperations } from '../../runtime/object-writer.ts';
import { isMarked } from '../../runtime/stored-text.ts';
import { markChildren } from './cluster-children.ts';
import { changeCluster, markCluster } from './cluster-commit.ts';
import { deleteContent, type EndingCluster, heldLast, removeFree } from './cluster-content.ts';
import {
  clusterStatusOf,
  deletionFinalizer,
  readOwner,
  type StoredObjectAt,
  terminatorsFinalizer,
} from './cluster-objects.ts';

/**
 * - `gone`: nothing is left, neither of the cluster nor, unless somebody holds it, of its Workspace.
 * - `waiting`: something is left that others have to let go.
 * - `children`: child workspaces are left, all of them marked; and perhaps what others have to let go.
 * - `again`: something changed meanwhile; look again at once.
 */
export type DeletionOutcome = 'gone' | 'waiting' | 'children' | 'again';

const operationsAtOnce = 500;

/**
 * Deletes what a marked logical cluster contains and then the cluster with its Workspace, in one transaction: readers
 * find both or neither. Child workspaces go first, each by this same way; meanwhile all else goes that nothing holds.
 */
export async function deleteCluster(deps: ControllerDeps, found: StoredObjectAt): Promise<DeletionOutcome> {
  const { cluster } = found.place.access;
  const now = timestamp(deps.registry.clock);
  let view: Promise<ClusterView> | undefined;
  const ending: EndingCluster = {
    cluster,
    access: found.place.access,
    view: () => (view ??= clusterView(deps, cluster)),
  };
  const content = await deleteContent(deps, ending);
  const children = content.hasChildren ? await markChildren(deps, ending, now) : 0;
  const held = content.held.length > 0 || children > 0 ? content.held : await heldLast(deps, ending, content.last);
  if (held.length > 0 || children > 0) {
    if (content.free.length > 0) held.push(...(await removeFree(deps, ending, content.free)));
    await changeCluster(deps, cluster, (logicalCluster) => {
      const status = clusterStatusOf(logicalCluster);
      const remain = {
        type: 'WorkspaceContentDeleted',
        status: 'False' as const,
        severity: 'Info',
        reason: 'SomeResourcesRemain',
      };
      status.conditions = setCondition(status.conditions, { ...remain, message: remainingText(held, children) }, now);
    });
    return children > 0 ? 'children' : 'waiting';
  }
  return finish(deps, found, [...content.free, ...content.last]);
}

/** Without numbers of child workspaces: they change all the time while a tree is deleted. */
function remainingText(held: readonly HeldObject[], children: number): string {
  const resources = [
    ...(children > 0 ? ['workspaces.tenancy.kcp.io'] : []),
    ...(held.length > 0 ? [remainingResources(held)] : []),
  ];
  const text = `Some resources are remaining: ${resources.join(', ')}`;
  return held.length === 0
    ? text
    : `${text}; Some content in the workspace has finalizers remaining: ${remainingFinalizers(held)}`;
}

async function finish(
  deps: ControllerDeps,
  found: StoredObjectAt,
  content: readonly KeyValue[],
): Promise<DeletionOutcome> {
  const { storage } = deps.registry;
  const rest = [...content];
  const atOnce = itemsAtOnce(storage, operationsAtOnce);
  while (rest.length > atOnce) {
    if (!(await storage.transact(deletionOf(rest.splice(0, atOnce)))).succeeded) return 'again';
  }
  const deletion = deletionOf(rest);
  await endCluster(deps, found, deletion.compares, deletion.operations);
  const result = await storage.transact(deletion);
  return result.succeeded ? 'gone' : 'again';
}

function deletionOf(items: readonly KeyValue[]): { compares: Compare[]; operations: Operation[]; background: true } {
  return {
    compares: items.map(({ key, modRevision }) => ({ key, modRevision })),
    operations: items.map(({ key }) => ({ type: 'delete', key })),
    background: true,
  };
}

/** The end of the LogicalCluster and of the Workspace that owns it, which is deleted with it if it is not yet. */
async function endCluster(
  deps: ControllerDeps,
  found: StoredObjectAt,
  compares: Compare[],
  operations: Operation[],
): Promise<void> {
  const own = deepCopy(found.object);
  const now = timestamp(deps.registry.clock);
  own.metadata.finalizers = (own.metadata.finalizers ?? []).filter(
    (name) => name !== deletionFinalizer && name !== terminatorsFinalizer,
  );
  const status = clusterStatusOf(own);
  status.conditions = setCondition(status.conditions, { type: 'WorkspaceContentDeleted', status: 'True' }, now);
  compares.push({ key: found.kv.key, modRevision: found.kv.modRevision });
  if (own.metadata.finalizers.length > 0) {
    operations.push(...(await replaceOperations(deps.registry, found.place, found, own)));
    return;
  }
  // Whatever has it as its owner is in the cluster and goes with it.
  operations.push({ type: 'delete', key: found.kv.key });
  const owner = await readOwner(deps, found.object);
  if (owner === undefined) return;
  const workspace = deepCopy(owner.object);
  markCluster(workspace, now);
  workspace.metadata.finalizers = (workspace.metadata.finalizers ?? []).filter((name) => name !== workspaceFinalizer);
  compares.push({ key: owner.kv.key, modRevision: owner.kv.modRevision });
  const parent = await deps.registry.storage.get(logicalClusterKey(owner.place.access.cluster));
  const place = { ...owner.place, clusterEnds: parent !== undefined && isMarked(parent.value) };
  operations.push(...(await replaceOperations(deps.registry, place, owner, workspace)));
}

/** What was still being written into a cluster while it ended: nobody can reach it any more. */
export async function sweepCluster({ registry: { storage } }: ControllerDeps, cluster: string): Promise<void> {
  if (cluster.startsWith('system:')) return;
  for (;;) {
    const found = await storage.rangeIndex(clusterIndex, cluster, { limit: itemsAtOnce(storage, operationsAtOnce) });
    if (found.items.length === 0) return;
    const operations: Operation[] = found.items.map(({ key }): { type: 'delete'; key: StorageKey } => ({
      type: 'delete',
      key,
    }));
    const gone = { key: logicalClusterKey(cluster), modRevision: 0 } as const;
    if (!(await storage.transact({ compares: [gone], operations, background: true })).succeeded) return;
  }
}
