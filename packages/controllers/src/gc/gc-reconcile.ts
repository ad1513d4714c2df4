import type { KubeObject } from '@canopy/apimachinery';
import {
  decodeObject,
  foregroundFinalizer,
  type GarbageMark,
  orphanFinalizer,
  ownerIndex,
  ownerIndexValue,
  type ServedResource,
} from '@canopy/apiserver';
import { type KeyValue, parseObjectKey, type RangeResult } from '@canopy/storage';
import { type ClusterView, type ControllerDeps, clusterView } from '../runtime/controller-deps.ts';
import { changeObject, type ObjectPlace, removeObject, servedAt } from '../runtime/object-writer.ts';
import { blocks, decideDependent, type OwnerState, withoutOwners } from './dependent-decision.ts';
import { reportInvalidOwner } from './invalid-owner-event.ts';
import { type FoundOwner, findOwner, ownerState } from './owner-lookup.ts';

/**
 * - `done`: nothing is left to do for this owner; its mark can go.
 * - `waiting`: dependents that block its deletion are on their way out.
 * - `unserved`: its kind is not served now, so nothing can be said about it.
 */
export type CollectOutcome = 'done' | 'waiting' | 'unserved';

const page = 500;
const atOnce = 16;

interface Dependent {
  place: ObjectPlace;
  object: KubeObject;
}

/** Does what one mark asks for, as the store has it now: the mark says where to look, never what to do. */
export async function collect(deps: ControllerDeps, mark: GarbageMark): Promise<CollectOutcome> {
  const view = await clusterView(deps, mark.cluster);
  const found = await findOwner(deps.registry, view, { ...mark, namespace: mark.namespace });
  if (found.kind === 'unserved') return (await deps.world.directory.exists(mark.cluster)) ? 'unserved' : 'done';
  if (found.kind === 'invalid') {
    await eachDependent(deps, view, mark.uid, (dependent) => reportInvalidOwner(deps, view, { ...dependent, mark }));
    return 'done';
  }
  if (found.kind === 'absent') {
    await eachDependent(deps, view, mark.uid, (dependent) => settleDependent(deps, view, dependent));
    return 'done';
  }
  const { deletionTimestamp, finalizers = [] } = found.object.metadata;
  if (deletionTimestamp === undefined) return 'done';
  if (finalizers.includes(orphanFinalizer)) return orphanDependents(deps, view, found);
  if (finalizers.includes(foregroundFinalizer)) return deleteInForeground(deps, view, found);
  return 'done';
}

async function eachDependent(
  deps: ControllerDeps,
  view: ClusterView,
  uid: string,
  handle: (dependent: Dependent) => Promise<void>,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const options = { limit: page, ...(after === undefined ? {} : { after }) };
    const found: RangeResult = await deps.registry.storage.rangeIndex(
      ownerIndex,
      ownerIndexValue(view.cluster, uid),
      options,
    );
    const dependents = found.items.map((kv) => dependentOf(view, kv)).filter((dependent) => dependent !== undefined);
    for (let i = 0; i < dependents.length; i += atOnce) await Promise.all(dependents.slice(i, i + atOnce).map(handle));
    if (!found.more) return;
    after = found.items[found.items.length - 1]?.key;
  }
}

/** Events live by their own time. */
function dependentOf(view: ClusterView, kv: KeyValue): Dependent | undefined {
  const at = parseObjectKey(kv.key);
  if (at === undefined || (at.group === '' && at.resource === 'events')) return undefined;
  const resource: ServedResource | undefined = servedAt(view.surface, at);
  if (resource === undefined) return undefined;
  return { place: { resource, access: view.access, namespace: at.namespace, name: at.name }, object: decodeObject(kv) };
}

async function settleDependent(deps: ControllerDeps, view: ClusterView, { place, object }: Dependent): Promise<void> {
  if (
    object.metadata.deletionTimestamp !== undefined &&
    object.metadata.finalizers?.includes(foregroundFinalizer) === true
  )
    return;
  const states = new Map<string, OwnerState>();
  for (const owner of object.metadata.ownerReferences ?? []) {
    states.set(
      owner.uid,
      ownerState(await findOwner(deps.registry, view, { ...owner, namespace: object.metadata.namespace })),
    );
  }
  const decision = decideDependent(object, states);
  if (decision.kind === 'release') await removeOwners(deps, { place, object }, decision.uids);
  if (decision.kind !== 'delete' || object.metadata.deletionTimestamp !== undefined) return;
  const { uid, resourceVersion } = object.metadata;
  let { propagation } = decision;
  if (propagation === 'Foreground') {
    const own = await ownDependents(deps, view, uid ?? '');
    if (own === 'none' && object.metadata.finalizers?.includes(foregroundFinalizer) !== true)
      propagation = 'Background';
    if (own === 'some are waiting' && (await unblockOwners(deps, { place, object })))
      return settleAgain(deps, view, { place, object });
  }
  const deletion = await removeObject(deps.registry, place, { uid, resourceVersion, propagation });
  if (deletion === undefined) await settleAgain(deps, view, { place, object });
}

async function ownDependents(
  deps: ControllerDeps,
  view: ClusterView,
  uid: string,
): Promise<'none' | 'some' | 'some are waiting'> {
  let answer: 'none' | 'some' | 'some are waiting' = 'none';
  await eachDependent(deps, view, uid, async ({ object }) => {
    const waits =
      object.metadata.deletionTimestamp !== undefined &&
      object.metadata.finalizers?.includes(foregroundFinalizer) === true;
    if (waits) answer = 'some are waiting';
    else if (answer === 'none') answer = 'some';
  });
  return answer;
}

/** In a cycle of owners each would wait for the other: whoever closes it stops to block its owners. False if it did before. */
async function unblockOwners(deps: ControllerDeps, { place, object }: Dependent): Promise<boolean> {
  const result = await changeObject(deps.registry, place, (current) => {
    if (current.metadata.uid !== object.metadata.uid) return false;
    for (const owner of current.metadata.ownerReferences ?? [])
      if (owner.blockOwnerDeletion === true) owner.blockOwnerDeletion = false;
    return true;
  });
  return result === 'changed';
}

/** The dependent was changed while it was judged: it is judged anew, as it is now. */
async function settleAgain(deps: ControllerDeps, view: ClusterView, { place, object }: Dependent): Promise<void> {
  let now: KubeObject | undefined;
  await changeObject(deps.registry, place, (current) => {
    now = current;
    return false;
  });
  if (now !== undefined && now.metadata.uid === object.metadata.uid)
    await settleDependent(deps, view, { place, object: now });
}

async function removeOwners(
  deps: ControllerDeps,
  { place, object }: Dependent,
  uids: readonly string[],
): Promise<void> {
  await changeObject(deps.registry, place, (current) => {
    if (current.metadata.uid !== object.metadata.uid) return false;
    const left = withoutOwners(current.metadata.ownerReferences, uids);
    if (left === undefined) delete current.metadata.ownerReferences;
    else current.metadata.ownerReferences = left;
    return true;
  });
}

type Present = FoundOwner & { kind: 'present' };

async function orphanDependents(deps: ControllerDeps, view: ClusterView, owner: Present): Promise<CollectOutcome> {
  const uid = owner.object.metadata.uid ?? '';
  await eachDependent(deps, view, uid, (dependent) => removeOwners(deps, dependent, [uid]));
  await dropFinalizer(deps, view, owner, orphanFinalizer);
  return 'done';
}

async function deleteInForeground(deps: ControllerDeps, view: ClusterView, owner: Present): Promise<CollectOutcome> {
  const uid = owner.object.metadata.uid ?? '';
  await eachDependent(deps, view, uid, (dependent) => settleDependent(deps, view, dependent));
  let blocked = false;
  await eachDependent(deps, view, uid, async ({ object }) => {
    if (blocks(object, uid)) blocked = true;
  });
  if (blocked) return 'waiting';
  await dropFinalizer(deps, view, owner, foregroundFinalizer);
  return 'done';
}

async function dropFinalizer(
  deps: ControllerDeps,
  view: ClusterView,
  owner: Present,
  finalizer: string,
): Promise<void> {
  const { namespace, name = '', uid } = owner.object.metadata;
  const place = { resource: owner.resource, access: view.access, namespace, name };
  await changeObject(deps.registry, place, (object) => {
    if (object.metadata.uid !== uid) return false;
    const left = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    if (left.length === 0) delete object.metadata.finalizers;
    else object.metadata.finalizers = left;
    return true;
  });
}
