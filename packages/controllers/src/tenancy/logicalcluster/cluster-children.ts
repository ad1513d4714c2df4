import type { KubeObject } from '@canopy/apimachinery';
import { clusterIndex, decodeObject } from '@canopy/apiserver';
import { workspaceSpecOf } from '@canopy/kcp';
import { type Compare, type KeyValue, type Operation, objectPrefix, type RangeResult } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { itemsAtOnce } from '../../runtime/items-at-once.ts';
import { removeObject } from '../../runtime/object-writer.ts';
import { isMarked } from '../../runtime/stored-text.ts';
import { markCluster, planClusterChange } from './cluster-commit.ts';
import type { EndingCluster } from './cluster-content.ts';
import { clusterSpecOf, readLogicalCluster } from './cluster-objects.ts';

const page = 100;
const markedAtOnce = 40;
/** A logical cluster and its workspace. */
const objectsMarked = 2;

/** Marks the child workspaces of a cluster and their logical clusters, many in one transaction. Resolves to how many there are. */
export async function markChildren(deps: ControllerDeps, parent: EndingCluster, now: string): Promise<number> {
  let count = 0;
  let after: string | undefined;
  for (;;) {
    await deps.turns.next();
    const found = await childrenOf(deps, parent.cluster, { limit: page, ...(after === undefined ? {} : { after }) });
    count += found.items.length;
    const unmarked = found.items.filter(({ value }) => !isMarked(value));
    const atOnce = itemsAtOnce(deps.registry.storage, markedAtOnce, objectsMarked);
    for (let i = 0; i < unmarked.length; i += atOnce) await markMany(deps, parent, unmarked.slice(i, i + atOnce), now);
    if (!found.more) return count;
    after = found.items[found.items.length - 1]?.key;
  }
}

/** Whether a cluster has child workspaces left. */
export async function hasChildren(deps: ControllerDeps, cluster: string): Promise<boolean> {
  return (await childrenOf(deps, cluster, { limit: 1 })).items.length > 0;
}

/** By the index, which is rid of a workspace as soon as it is deleted: the keys themselves stay for a while. */
function childrenOf(
  { registry }: ControllerDeps,
  cluster: string,
  options: { limit: number; after?: string },
): Promise<RangeResult> {
  const prefix = objectPrefix({ group: 'tenancy.kcp.io', resource: 'workspaces', cluster });
  return registry.storage.rangeIndex(clusterIndex, cluster, { ...options, prefix });
}

interface Marking {
  compares: Compare[];
  operations: Operation[];
}

async function markMany(
  deps: ControllerDeps,
  parent: EndingCluster,
  items: readonly KeyValue[],
  now: string,
): Promise<void> {
  const planned = await Promise.all(items.map((kv) => planMarking(deps, parent, kv, now)));
  const markings = planned.filter((marking) => marking !== undefined);
  if (markings.length === 0) return;
  const { storage } = deps.registry;
  const together = await storage.transact({
    compares: markings.flatMap(({ compares }) => compares),
    operations: markings.flatMap(({ operations }) => operations),
    background: true,
  });
  if (together.succeeded) return;
  for (const marking of markings) await storage.transact({ ...marking, background: true });
}

async function planMarking(
  deps: ControllerDeps,
  parent: EndingCluster,
  kv: KeyValue,
  now: string,
): Promise<Marking | undefined> {
  await deps.turns.next();
  const workspace = decodeObject(kv);
  const { name = '', uid } = workspace.metadata;
  const { cluster } = workspaceSpecOf(workspace);
  const resource = deps.world.native.find('tenancy.kcp.io', 'workspaces');
  const place = { resource, access: parent.access, name };
  const child = cluster === undefined ? undefined : await readLogicalCluster(deps, cluster);
  if (child === undefined || clusterSpecOf(child.object).owner?.uid !== uid) {
    await removeObject(deps.registry, place, { uid });
    return undefined;
  }
  const mark = (logicalCluster: KubeObject, owner: KubeObject | undefined): void => {
    markCluster(logicalCluster, now);
    if (owner !== undefined) markCluster(owner, now);
  };
  return planClusterChange(deps, child, mark, { kv, object: workspace, place });
}
