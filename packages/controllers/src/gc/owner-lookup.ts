import { type KubeObject, parseApiVersion } from '@canopy/apimachinery';
import { decodeObject, foregroundFinalizer, type Registry, type ServedResource } from '@canopy/apiserver';
import type { ClusterView } from '../runtime/controller-deps.ts';
import { placeKey } from '../runtime/object-writer.ts';
import type { OwnerState } from './dependent-decision.ts';

/** How an owner is named: by a reference, with the namespace of the object that names it. */
export interface OwnerName {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  namespace: string | undefined;
}

export type FoundOwner =
  | { kind: 'unserved' }
  /** A cluster-scoped object cannot have a namespaced owner. */
  | { kind: 'invalid'; resource: ServedResource }
  | { kind: 'absent'; resource: ServedResource }
  | { kind: 'present'; resource: ServedResource; object: KubeObject };

export function resourceOfKind(view: ClusterView, apiVersion: string, kind: string): ServedResource | undefined {
  const group = parseApiVersion(apiVersion)?.group;
  return view.surface
    .all()
    .find(
      ({ declaration }) =>
        declaration.group === group && declaration.names.kind === kind && declaration.virtual !== true,
    );
}

/** The owner itself: references hold within one logical cluster only, and by uid. */
export async function findOwner(registry: Registry, view: ClusterView, owner: OwnerName): Promise<FoundOwner> {
  const resource = resourceOfKind(view, owner.apiVersion, owner.kind);
  if (resource === undefined) return { kind: 'unserved' };
  const namespaced = resource.declaration.scope === 'Namespaced';
  if (namespaced && owner.namespace === undefined) return { kind: 'invalid', resource };
  const key = placeKey({ resource, access: view.access, namespace: owner.namespace, name: owner.name });
  const kv = await registry.storage.get(key);
  if (kv === undefined) return { kind: 'absent', resource };
  const object = decodeObject(kv);
  return object.metadata.uid === owner.uid ? { kind: 'present', resource, object } : { kind: 'absent', resource };
}

export function ownerState(found: FoundOwner): OwnerState {
  switch (found.kind) {
    case 'unserved':
    case 'invalid':
      return 'unknown';
    case 'absent':
      return 'absent';
    case 'present': {
      const { deletionTimestamp, finalizers } = found.object.metadata;
      return deletionTimestamp !== undefined && finalizers?.includes(foregroundFinalizer) === true
        ? 'waiting'
        : 'solid';
    }
  }
}
