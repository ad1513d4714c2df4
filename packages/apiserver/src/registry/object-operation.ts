import type { KubeObject } from '@canopy/apimachinery';
import type { Operation } from '@canopy/storage';
import { objectKey } from '@canopy/storage';
import type { ClusterAccess } from './logical-cluster.ts';
import { encodeObject } from './object-codec.ts';
import { indexEntries } from './object-indexes.ts';
import type { Registry } from './registry.ts';
import type { ServedResource } from './served-resource.ts';
import { stampCluster, stampNewObject, timestamp } from './system-metadata.ts';

/** What the server writes by itself as part of a larger transaction; objects in the storage version, taken as valid. */
export function putNewObject(
  registry: Registry,
  resource: ServedResource,
  access: ClusterAccess,
  object: KubeObject,
): Operation {
  stampNewObject(object, access, object.metadata.namespace, {
    now: timestamp(registry.clock),
    ids: registry.ids,
    tracksGeneration: resource.strategy.tracksGeneration !== false,
  });
  return putObject(registry, resource, access, object);
}

/** Replaces an object as it is, whatever stands at its key; put a compare beside it. */
export function putObject(
  registry: Registry,
  resource: ServedResource,
  access: ClusterAccess,
  object: KubeObject,
): Operation {
  stampCluster(object.metadata, access);
  return {
    type: 'put',
    key: keyOfObject(resource, access, object),
    value: encodeObject(object),
    indexes: indexEntries(registry, resource, access.cluster, object),
  };
}

export function keyOfObject(resource: ServedResource, access: ClusterAccess, object: KubeObject): Operation['key'] {
  const { declaration, identity, storedAs } = resource;
  return objectKey({
    ...storedAs,
    identity,
    cluster: access.cluster,
    ...(declaration.scope === 'Namespaced' && object.metadata.namespace !== undefined
      ? { namespace: object.metadata.namespace }
      : {}),
    name: object.metadata.name ?? '',
  });
}
