import { deepEqual, isStatusError, type KubeObject } from '@canopy/apimachinery';
import {
  type ApiSurface,
  type ClusterAccess,
  type Deletion,
  decodeObject,
  deleteObject,
  markIfOwner,
  objectOf,
  putObject,
  type Registry,
  type ServedResource,
  type StoredObject,
  systemMasters,
  type UserInfo,
} from '@canopy/apiserver';
import { type ObjectLocation, type Operation, objectKey, type StorageKey } from '@canopy/storage';

/** Who the server's own controllers are, to strategies. */
export const controllerUser: UserInfo = { name: 'system:apiserver', groups: [systemMasters] };

/** One object as its logical cluster serves it. */
export interface ObjectPlace {
  resource: ServedResource;
  access: ClusterAccess;
  /** Undefined for cluster-scoped objects. */
  namespace?: string | undefined;
  name: string;
  /** The cluster is being deleted: whatever has the object as its owner goes with it, without the garbage collector. */
  clusterEnds?: boolean;
}

export function placeKey({ resource, access, namespace, name }: ObjectPlace): StorageKey {
  return objectKey({
    ...resource.storedAs,
    identity: resource.identity,
    cluster: access.cluster,
    ...(resource.declaration.scope === 'Namespaced' && namespace !== undefined ? { namespace } : {}),
    name,
  });
}

/** The resource that a key belongs to, when the cluster serves it under the same identity. */
export function servedAt(surface: ApiSurface, at: ObjectLocation): ServedResource | undefined {
  const found = surface.find(at.group, at.resource);
  return found !== undefined && found.identity === (at.identity ?? '') ? found : undefined;
}

const attempts = 50;

/**
 * Changes one object by compare-and-swap. `change` mutates the object it gets, or returns (a promise of) false to leave
 * it as it is; it is called again after a lost race. An object that is being deleted disappears with its last finalizer.
 */
export async function changeObject(
  registry: Registry,
  place: ObjectPlace,
  change: (object: KubeObject) => unknown,
): Promise<'missing' | 'same' | 'changed' | 'gone'> {
  const key = placeKey(place);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const kv = await registry.storage.get(key);
    if (kv === undefined) return 'missing';
    const object = decodeObject(kv);
    if ((await change(object)) === false) return 'same';
    const operations = await replaceOperations(registry, place, { kv }, object);
    const first = operations[0];
    if (first === undefined) return 'same';
    const result = await registry.storage.transact({ compares: [{ key, modRevision: kv.modRevision }], operations });
    if (result.succeeded) return first.type === 'delete' ? 'gone' : 'changed';
  }
  throw new Error(`${key} is being changed too often`);
}

/** Writes that bring a stored object to what `object` is: none when nothing differs, its end when nothing holds it any more. */
export async function replaceOperations(
  registry: Registry,
  place: ObjectPlace,
  stored: StoredObject,
  object: KubeObject,
): Promise<Operation[]> {
  const old = objectOf(stored);
  if (mayDisappear(place.resource, object)) {
    const marks = place.clusterEnds === true ? [] : markIfOwner(place.resource, place.access.cluster, old);
    return [{ type: 'delete', key: stored.kv.key }, ...marks];
  }
  if (object.metadata.generation !== undefined && !deepEqual(object.spec, old.spec)) object.metadata.generation += 1;
  if (deepEqual(object, old)) return [];
  const { apiVersion, kind, metadata, ...rest } = object;
  const put = putObject(registry, place.resource, place.access, { apiVersion, kind, metadata, ...rest });
  const seconds = place.resource.strategy.timeToLiveSeconds?.(object);
  return [
    seconds === undefined || put.type !== 'put' ? put : { ...put, lease: await registry.leases.leaseFor(seconds) },
  ];
}

function mayDisappear({ strategy }: ServedResource, object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp === undefined || (object.metadata.finalizers?.length ?? 0) > 0) return false;
  return strategy.mayDisappear?.(object) ?? true;
}

export interface Removal {
  /** Only this very object. */
  uid?: string | undefined;
  /** Only as it was when it was looked at. */
  resourceVersion?: string | undefined;
  propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined;
}

/** Deletes as a client would. Undefined when it is gone already, or is not what was looked at any more. */
export async function removeObject(
  registry: Registry,
  place: ObjectPlace,
  removal: Removal = {},
): Promise<Deletion | undefined> {
  const { resource, access, namespace, name } = place;
  const { uid, resourceVersion, propagation } = removal;
  try {
    return await deleteObject(
      registry,
      { access, user: controllerUser, resource, version: resource.declaration.storageVersion, namespace, name },
      {
        preconditions: {
          ...(uid === undefined ? {} : { uid }),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        },
        ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
        dryRun: false,
        admit: async () => undefined,
      },
    );
  } catch (error) {
    if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return undefined;
    throw error;
  }
}
