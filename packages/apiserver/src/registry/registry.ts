import { deepCopy, type KubeObject } from '@canopy/apimachinery';
import type { ChangeHub, KeyValue, Storage, StorageKey } from '@canopy/storage';
import { objectKey } from '@canopy/storage';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ListCache } from './listing/list-cache.ts';
import type { Access, ClusterAccess } from './logical-cluster.ts';
import type { ServedResource } from './served-resource.ts';
import type { StrategyContext } from './strategy.ts';
import { type Clock, type Identifiers, timestamp } from './system-metadata.ts';

/** What every verb works with. One per process. */
export interface Registry {
  readonly storage: Storage;
  readonly hub: ChangeHub;
  readonly lists: ListCache;
  readonly clock: Clock;
  readonly ids: Identifiers;
  /** Largest encoded object, in bytes; larger ones are refused with 413. */
  readonly maxObjectBytes: number;
  /** Labels that get an index row each, so that a selection by them is found without looking at other objects. */
  readonly isIndexedLabel: (key: string, value: string) => boolean;
  /** Leases for objects that live a limited time, shared by objects that expire at about the same moment. */
  readonly leases: LeasePool;
}

export interface LeasePool {
  /** A lease that expires `seconds` from now or a little later. */
  leaseFor(seconds: number): Promise<number>;
}

/** The collection a request is about, in the version the client speaks. */
export interface CollectionRequest<A extends Access = ClusterAccess> {
  access: A;
  user: UserInfo;
  resource: ServedResource;
  /** API version of the request; objects are returned in it. */
  version: string;
  /** Undefined for cluster-scoped resources and for "all namespaces". */
  namespace: string | undefined;
}

export interface ObjectRequest extends CollectionRequest {
  name: string;
}

/** An object as stored, with the decoded form when somebody already paid for it. */
export interface StoredObject {
  kv: KeyValue;
  /** In the storage version; treat as read-only. */
  object?: KubeObject;
}

/** Who writes and how, for managedFields. */
export interface WriteOptions {
  fieldManager: string;
  dryRun: boolean;
  /** `''` for the main resource. */
  subresource: string;
  /** Mutating and validating admission, called inside the compare-and-swap loop; may mutate the new object. */
  admit(object: KubeObject, old: KubeObject | undefined): Promise<void>;
  /** Receives warnings for the client. */
  warn(text: string): void;
}

export function keyOf(request: CollectionRequest, name: string): StorageKey {
  const { declaration, identity, storedAs } = request.resource;
  return objectKey({
    group: storedAs.group,
    resource: storedAs.resource,
    identity,
    cluster: request.access.cluster,
    namespace: declaration.scope === 'Namespaced' ? request.namespace : undefined,
    name,
  });
}

export function groupResourceOf(resource: ServedResource): { group: string; resource: string } {
  return { group: resource.declaration.group, resource: resource.declaration.names.plural };
}

export function groupKindOf(resource: ServedResource): { group: string; resource: string } {
  return { group: resource.declaration.group, resource: resource.declaration.names.kind };
}

export function strategyContext(registry: Registry, request: CollectionRequest, dryRun: boolean): StrategyContext {
  return { access: request.access, user: request.user, now: timestamp(registry.clock), dryRun };
}

/** The object as the requested version has it. The input is in the storage version and is left alone. */
export function inVersion(resource: ServedResource, object: KubeObject, version: string): KubeObject {
  if (version === resource.declaration.storageVersion) return object;
  return resource.convert(deepCopy(object), version);
}
