import type { KubeObject, OwnerReference } from '@canopy/apimachinery';

/** A reference to the one owner that controls an object, and waits for it when deleted in the foreground. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return { ...ownerReference(owner), controller: true, blockOwnerDeletion: true };
}

/** @throws TypeError for an owner that was not read from a server */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (!name || !uid) throw new TypeError('an owner needs a name and a uid');
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
}

/**
 * A list with the reference in it, in the place of the one with its uid.
 *
 * @throws Error when the reference is a controller's and another controls the object already
 */
export function withOwnerReference(
  references: readonly OwnerReference[] | undefined,
  wanted: OwnerReference,
): OwnerReference[] {
  const others = (references ?? []).filter(({ uid }) => uid !== wanted.uid);
  const rival = wanted.controller ? others.find(({ controller }) => controller) : undefined;
  if (rival !== undefined) throw new Error(`the object is controlled by ${rival.kind} ${rival.name} already`);
  return [...others, wanted];
}
