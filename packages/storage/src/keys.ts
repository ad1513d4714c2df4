import type { StorageKey } from './storage.ts';

/** What a storage key names. `cluster` undefined or namespace undefined widen a prefix; see {@link objectPrefix}. */
export interface ObjectLocation {
  group: string;
  resource: string;
  /** Identity hash of the APIExport that a bound resource belongs to. */
  identity?: string;
  cluster: string;
  /** Undefined for cluster-scoped objects. */
  namespace?: string;
  name: string;
}

const root = '/r/';

function resourcePrefix(group: string, resource: string, identity: string | undefined): string {
  const suffix = identity === undefined || identity === '' ? '' : `:${identity}`;
  return `${root}${group === '' ? 'core' : group}/${resource}${suffix}/`;
}

/** `/r/<group or core>/<resource>[:<identity>]/<cluster>/<namespace or ->/<name>` */
export function objectKey(at: Omit<ObjectLocation, 'namespace'> & { namespace?: string | undefined }): StorageKey {
  return `${resourcePrefix(at.group, at.resource, at.identity)}${at.cluster}/${at.namespace ?? '-'}/${at.name}` as StorageKey;
}

/** Prefix of all objects of a resource: everywhere, in one cluster, or in one namespace of it. Always ends in `/`. */
export function objectPrefix(at: {
  group: string;
  resource: string;
  identity?: string;
  cluster?: string;
  namespace?: string;
}): string {
  const prefix = resourcePrefix(at.group, at.resource, at.identity);
  if (at.cluster === undefined) return prefix;
  return at.namespace === undefined ? `${prefix}${at.cluster}/` : `${prefix}${at.cluster}/${at.namespace}/`;
}

/** Inverse of {@link objectKey}; undefined for keys that are not objects. */
export function parseObjectKey(key: string): ObjectLocation | undefined {
  if (!key.startsWith(root)) return undefined;
  const parts = key.slice(root.length).split('/');
  if (parts.length !== 5) return undefined;
  const [group, resourcePart, cluster, namespace, name] = parts as [string, string, string, string, string];
  const colon = resourcePart.indexOf(':');
  return {
    group: group === 'core' ? '' : group,
    resource: colon === -1 ? resourcePart : resourcePart.slice(0, colon),
    ...(colon === -1 ? {} : { identity: resourcePart.slice(colon + 1) }),
    cluster,
    ...(namespace === '-' ? {} : { namespace }),
    name,
  };
}
