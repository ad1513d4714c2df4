import { setImmediate } from 'node:timers/promises';
import { decodeObject } from '@canopy/apiserver';
import { workspaceSpecOf } from '@canopy/kcp';
import { type Compare, type KeyValue, type Operation, objectPrefix, type RangeResult } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { itemsAtOnce } from '../../runtime/items-at-once.ts';
import { removeObject } from '../../runtime/object-writer.ts';
import { transactInTurn } from '../../runtime/transact-in-turn.ts';
import { markCluster, planClusterChange } from './cluster-commit.ts';
import type { EndingCluster } from './cluster-content.ts';
import { clusterSpecOf, readLogicalCluster } from './cluster-objects.ts';

const page = 250;
const markedAtOnce = 40;
/** A logical cluster and its workspace. */
const objectsMarked = 2;
const readAtOnce = 20;
const deletionMark = Buffer.from('"deletionTimestamp"');

/** Marks the child workspaces of a cluster and their logical clusters, many in one transaction. Resolves to how many there are. */
export async function markChildren(deps: ControllerDeps, parent: EndingCluster, now: string): Promise<number> {
  const prefix = objectPrefix({ group: 'tenancy.kcp.io', resource: 'workspaces', cluster: parent.cluster });
  let count = 0;
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await deps.registry.storage.range(prefix, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    count += found.items.length;
    const unmarked = found.items.filter(
      (kv) => !Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength).includes(deletionMark),
    );
    const atOnce = itemsAtOnce(deps.registry.storage, markedAtOnce, objectsMarked);
    for (let i = 0; i < unmarked.length; i += atOnce) await markMany(deps, parent, unmarked.slice(i, i + atOnce), now);
    if (!found.more) return count;
    await setImmediate();
    after = found.items[found.items.length - 1]?.key;
  }
}

/** Whether a cluster has child workspaces left. */
export async function hasChildren({ registry }: ControllerDeps, cluster: string): Promise<boolean> {
  const prefix = objectPrefix({ group: 'tenancy.kcp.io', resource: 'workspaces', cluster });
  return (await registry.storage.range(prefix, { limit: 1 })).items.length > 0;
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
  const markings: Marking[] = [];
  for (let i = 0; i < items.length; i += readAtOnce) {
    const part = await Promise.all(items.slice(i, i + readAtOnce).map((kv) => planMarking(deps, parent, kv, now)));
    markings.push(...part.filter((marking) => marking !== undefined));
    await setImmediate();
  }
  if (markings.length === 0) return;
  const { storage } = deps.registry;
  const together = await transactInTurn(storage, {
    compares: markings.flatMap(({ compares }) => compares),
    operations: markings.flatMap(({ operations }) => operations),
  });
  if (together.succeeded) return;
  for (const marking of markings) await storage.transact(marking);
}

async function planMarking(
  deps: ControllerDeps,
  parent: EndingCluster,
  kv: KeyValue,
  now: string,
): Promise<Marking | undefined> {
  const workspace = decodeObject(kv);
  const { name = '', uid } = workspace.metadata;
  const { cluster } = workspaceSpecOf(workspace);
  const child = cluster === undefined ? undefined : await readLogicalCluster(deps, cluster);
  if (child === undefined || clusterSpecOf(child.object).owner?.uid !== uid) {
    await removeObject(
      deps.registry,
      { resource: deps.world.native.find('tenancy.kcp.io', 'workspaces'), access: parent.access, name },
      { uid },
    );
    return undefined;
  }
  return planClusterChange(deps, child, (logicalCluster, owner) => {
    markCluster(logicalCluster, now);
    if (owner !== undefined) markCluster(owner, now);
  });
}
