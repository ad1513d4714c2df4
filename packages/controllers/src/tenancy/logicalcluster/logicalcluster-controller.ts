import { decodeObject, deletingIndex } from '@canopy/apiserver';
import { groups } from '@canopy/kcp';
import type { Change } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, clusterOfKey, sinkObjects } from '../../runtime/controller-deps.ts';
import { clustersPrefix } from '../../runtime/ended-clusters.ts';
import { isMarked, statusStart, textOf } from '../../runtime/stored-text.ts';
import { pollDelay, WaitingKeys } from '../../runtime/waiting-keys.ts';
import { hasChildren } from './cluster-children.ts';
import { changeCluster } from './cluster-commit.ts';
import { deleteCluster, sweepCluster } from './cluster-deletion.ts';
import { clusterStatusOf, deletionFinalizer, readLogicalCluster } from './cluster-objects.ts';
import { isPhaseSettled } from './cluster-phase.ts';

/** Requests that were under way when a cluster ended are done by then. */
const sweepMs = 2000;
const settleMs = 50;
/** At least this long between two looks at all that a cluster has while it waits for its children, each of which tells of its end. */
const childrenLeftMs = 2000;

/** Phase of logical clusters, and their end with all that they contain. Key: the cluster's name. */
export function logicalClusterController(deps: ControllerDeps): Controller {
  const waiting = new WaitingKeys();
  /** When clusters that wait for their children are looked at as a whole again. As large as the work that is left. */
  const lookAt = new Map<string, { atMs: number; delayMs: number }>();
  return {
    name: 'core/logicalcluster',
    watches: ['*'],
    concurrency: 16,
    keysOf(change, add) {
      if (change.key.startsWith(clustersPrefix)) {
        const cluster = clusterOfKey(change.key);
        if (change.type === 'delete') add(cluster, deps.othersLagMs ?? sweepMs);
        else if (needsWork(change)) add(cluster);
        return;
      }
      if (change.type !== 'delete' || waiting.empty) return;
      const cluster = clusterOfKey(change.key);
      for (const key of waiting.of(cluster)) add(key, settleMs);
    },
    async pending(sink) {
      const index = { index: deletingIndex, value: 'core.kcp.io/logicalclusters' };
      await sinkObjects(deps.registry.storage, { group: groups.core, resource: 'logicalclusters', index }, (key) =>
        sink(key.slice(0, key.indexOf('/'))),
      );
    },
    async scan(sink) {
      await sinkObjects(deps.registry.storage, { group: groups.core, resource: 'logicalclusters' }, (key) =>
        sink(key.slice(0, key.indexOf('/'))),
      );
    },
    async reconcile(cluster) {
      const found = await readLogicalCluster(deps, cluster);
      waiting.release(cluster, cluster);
      if (found === undefined) {
        lookAt.delete(cluster);
        await sweepCluster(deps, cluster);
        return undefined;
      }
      const { deletionTimestamp, finalizers } = found.object.metadata;
      const terminators = clusterStatusOf(found.object).terminators ?? [];
      if (
        deletionTimestamp === undefined ||
        terminators.length > 0 ||
        finalizers?.includes(deletionFinalizer) !== true
      ) {
        await changeCluster(deps, cluster, () => undefined);
        return undefined;
      }
      if (!isPhaseSettled(found.object)) {
        await changeCluster(deps, cluster, () => undefined);
        return 0;
      }
      waiting.wait(cluster, cluster);
      const { atMs, delayMs } = lookAt.get(cluster) ?? { atMs: 0, delayMs: 0 };
      const leftMs = atMs - deps.clock.now();
      if (leftMs > 0 && leftMs <= delayMs && (await hasChildren(deps, cluster))) return leftMs;
      const outcome = await deleteCluster(deps, found);
      if (outcome === 'children') {
        const now = deps.clock.now();
        const againMs = Math.max(childrenLeftMs, pollDelay(now, deletionTimestamp));
        lookAt.set(cluster, { atMs: now + againMs, delayMs: againMs });
        return againMs;
      }
      lookAt.delete(cluster);
      if (outcome === 'waiting') return pollDelay(deps.clock.now(), deletionTimestamp);
      waiting.release(cluster, cluster);
      return outcome === 'again' ? 0 : undefined;
    },
  };
}

const readyLabel = Buffer.from('"tenancy.kcp.io/phase":"Ready"');
const initialized = Buffer.from('"type":"WorkspaceInitialized","status":"True"');
const terminators = Buffer.from('"terminators":[');

function needsWork(change: Change): boolean {
  const value = change.value as Uint8Array;
  if (isMarked(value)) return true;
  if (change.previousRevision === 0 && isBornReady(textOf(value))) return false;
  return !isPhaseSettled(decodeObject({ value, modRevision: change.revision }));
}

/** As `newCluster` leaves a cluster that nobody has to do anything for. */
function isBornReady(text: Buffer): boolean {
  const status = statusStart(text);
  return (
    status !== -1 && text.includes(initialized, status) && text.includes(readyLabel) && !text.includes(terminators)
  );
}
