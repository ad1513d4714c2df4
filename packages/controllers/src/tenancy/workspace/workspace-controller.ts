import { decodeObject, deletingIndex } from '@canopy/apiserver';
import { groups, workspaceSpecOf, workspaceStatusOf } from '@canopy/kcp';
import { type Change, objectPrefix } from '@canopy/storage';
import type { AddKey, Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, clusterAndName, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { isMarked, textOf } from '../../runtime/stored-text.ts';
import { WaitingKeys } from '../../runtime/waiting-keys.ts';
import { clusterSpecOf, readWorkspace } from '../logicalcluster/cluster-objects.ts';
import { reconcileWorkspace } from './workspace-reconcile.ts';

const workspaces = { group: groups.tenancy, resource: 'workspaces' };
const ownPrefix = objectPrefix(workspaces);
const shardsPrefix = objectPrefix({ group: groups.core, resource: 'shards' });
const everywhere = '';

/** Workspaces: scheduling where it was not possible at once, deletion, and what became of their cluster. Key: `<parent>/<name>`. */
export function workspaceController(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  const unscheduled = new WaitingKeys();
  return {
    name: 'tenancy/workspace',
    watches: ['tenancy.kcp.io/workspaces', 'core.kcp.io/logicalclusters', 'core.kcp.io/shards'],
    concurrency: 16,
    keysOf(change, add) {
      if (change.key.startsWith(ownPrefix)) {
        const key = clusterAndName(change);
        if (key !== undefined && change.type === 'put' && needsWork(change)) add(key);
      } else if (change.key.startsWith(shardsPrefix)) for (const key of unscheduled.of(everywhere)) add(key);
      else if (change.type === 'delete') addOwner(change, add);
    },
    pending: (sink) =>
      sinkObjects(
        storage,
        { ...workspaces, index: { index: deletingIndex, value: 'tenancy.kcp.io/workspaces' } },
        sink,
      ),
    scan: (sink) => sinkObjects(storage, workspaces, sink),
    async reconcile(key) {
      const [parent, name] = keyParts(key);
      const found = await readWorkspace(deps, parent, name);
      unscheduled.release(everywhere, key);
      if (found === undefined) return undefined;
      const { cluster, mount } = workspaceSpecOf(found.object);
      if (cluster === undefined && mount === undefined) unscheduled.wait(everywhere, key);
      return reconcileWorkspace(deps, found);
    },
  };
}

const unscheduledText = Buffer.from('"Scheduling"');
const deletingLabel = Buffer.from('"tenancy.kcp.io/phase":"Deleting"');

function needsWork(change: Change): boolean {
  const value = change.value as Uint8Array;
  // What scheduled it when it was created has left nothing to do.
  if (change.previousRevision === 0 && !textOf(value).includes(unscheduledText)) return false;
  if (isMarked(value)) return !isMarkedWithCluster(change);
  const object = decodeObject({ value, modRevision: change.revision });
  const { cluster, mount } = workspaceSpecOf(object);
  if (mount !== undefined) return false;
  const { phase } = workspaceStatusOf(object);
  return cluster === undefined || phase === 'Unavailable' || phase !== object.metadata.labels?.['tenancy.kcp.io/phase'];
}

/** Whoever marks both in one write shows the phase of the cluster as well. A client's deletion of a Workspace alone does not. */
function isMarkedWithCluster(change: Change): boolean {
  if (!textOf(change.value as Uint8Array).includes(deletingLabel)) return false;
  const { previous } = change;
  return previous !== undefined && !isMarked(previous) && !textOf(previous).includes(deletingLabel);
}

/** The Workspace of a logical cluster that vanished; one that was deleted took its Workspace with it. */
function addOwner(change: Change, add: AddKey): void {
  const { previous } = change;
  if (previous === undefined || isMarked(previous)) return;
  const object = decodeObject({ value: previous, modRevision: change.revision });
  const { owner } = clusterSpecOf(object);
  if (owner?.resource === 'workspaces') add(`${owner.cluster}/${owner.name}`);
}
