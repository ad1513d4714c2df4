import type { KubeObject, OwnerReference } from '@canopy/apimachinery';
import { foregroundFinalizer, orphanFinalizer } from '@canopy/apiserver';

/**
 * - `solid`: the owner exists and keeps its dependents.
 * - `waiting`: it is being deleted in the foreground, once its dependents are gone.
 * - `absent`: there is no object with that uid where the reference points to.
 * - `unknown`: its kind is not served here, or the reference is not valid; it neither keeps nor condemns.
 */
export type OwnerState = 'solid' | 'waiting' | 'absent' | 'unknown';

export type DependentDecision =
  | { kind: 'keep' }
  /** Some owner still wants it: only the references to the others go. */
  | { kind: 'release'; uids: readonly string[] }
  | { kind: 'delete'; propagation: 'Background' | 'Foreground' | 'Orphan' };

/** What becomes of an object, given the state of each of its owners. It is deleted only when nobody is left who keeps it. */
export function decideDependent(object: KubeObject, states: ReadonlyMap<string, OwnerState>): DependentDecision {
  const owners = object.metadata.ownerReferences ?? [];
  const stateOf = (owner: OwnerReference): OwnerState => states.get(owner.uid) ?? 'unknown';
  const leaving = owners.filter((owner) => stateOf(owner) === 'absent' || stateOf(owner) === 'waiting');
  if (leaving.length === 0) return { kind: 'keep' };
  const solid = owners.some((owner) => stateOf(owner) === 'solid');
  if (solid) return { kind: 'release', uids: leaving.map(({ uid }) => uid) };
  if (leaving.length < owners.length) {
    // An owner that cannot be judged keeps the object, and so do the references to it.
    return { kind: 'keep' };
  }
  return {
    kind: 'delete',
    propagation: propagationOf(
      object,
      leaving.some((owner) => stateOf(owner) === 'waiting'),
    ),
  };
}

/** The object's own choice, else that of an owner which waits for it, so that its dependents go before it does. */
function propagationOf(object: KubeObject, ownerWaits: boolean): 'Background' | 'Foreground' | 'Orphan' {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return 'Orphan';
  if (finalizers.includes(foregroundFinalizer) || ownerWaits) return 'Foreground';
  return 'Background';
}

/** The same references without those to the given owners; undefined when none would be left. */
export function withoutOwners(
  owners: readonly OwnerReference[] | undefined,
  uids: readonly string[],
): OwnerReference[] | undefined {
  const left = (owners ?? []).filter(({ uid }) => !uids.includes(uid));
  return left.length === 0 ? undefined : left;
}

/** Whether a foreground deletion of the owner waits for this object. */
export function blocks(object: KubeObject, ownerUid: string): boolean {
  return (
    object.metadata.ownerReferences?.some((owner) => owner.uid === ownerUid && owner.blockOwnerDeletion === true) ??
    false
  );
}
