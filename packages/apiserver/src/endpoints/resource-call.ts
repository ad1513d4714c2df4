import { methodNotAllowed, pathNotFound } from '@canopy/apimachinery';
import { type AdmissionPlugin, type AdmissionRequest, admit } from '../admission/admission.ts';
import { type Access, type ClusterAccess, mintClusterAccess, mintWildcardAccess } from '../registry/logical-cluster.ts';
import type { CollectionRequest, ObjectRequest, Registry, WriteOptions } from '../registry/registry.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { dryRunOption, fieldManagerOption } from './query-options.ts';
import type { AuthorizedContext, Restriction } from './request-context.ts';

/** What verb handlers need of the process. */
export interface EndpointServices {
  registry: Registry;
  /** The standard admission chain, in order. */
  admission: readonly AdmissionPlugin[];
  /** Default and upper bound of a watch's life, milliseconds. */
  watchTimeoutMs: { min: number; max: number };
  /** Pause between bookmarks, milliseconds. */
  bookmarkIntervalMs: number;
  /** A watcher that has more than this many bytes unread is cut off. */
  maxWatchBufferBytes: number;
}

/** One resource request, resolved: what the verb handlers work on. */
export interface ResourceCall {
  context: AuthorizedContext;
  services: EndpointServices;
  resource: ServedResource;
  restriction: Restriction | undefined;
}

export function collectionOf(call: ResourceCall): CollectionRequest<Access> {
  const { info, user, access } = call.context;
  if (access === undefined) throw pathNotFound();
  const namespaced = call.resource.declaration.scope === 'Namespaced';
  return {
    access,
    user,
    resource: call.resource,
    version: info.version,
    namespace: namespaced && info.namespace !== '' ? info.namespace : undefined,
  };
}

/** For verbs that act within one logical cluster; wildcard requests get 405. */
export function singleCluster(call: ResourceCall): CollectionRequest<ClusterAccess> {
  const collection = collectionOf(call);
  if (collection.access.kind === 'wildcard') {
    const { group, names } = call.resource.declaration;
    throw methodNotAllowed({ group, resource: names.plural }, `${call.context.info.verb} in the \`*\` logical cluster`);
  }
  return collection as CollectionRequest<ClusterAccess>;
}

export function objectRequestOf(call: ResourceCall): ObjectRequest {
  const { name } = call.context.info;
  const collection = singleCluster(call);
  if (call.resource.declaration.scope === 'Namespaced' && collection.namespace === undefined) throw pathNotFound();
  return { ...collection, name };
}

export function writeOptionsOf(call: ResourceCall, request: CollectionRequest): WriteOptions {
  const { query, headers, info, warnings } = call.context;
  const dryRun = dryRunOption(query);
  const warn = (text: string): void => {
    if (!warnings.includes(text)) warnings.push(text);
  };
  return {
    fieldManager: fieldManagerOption(query, headers['user-agent']),
    dryRun,
    subresource: info.subresource,
    warn,
    async admit(object, old) {
      if (old === undefined && info.verb !== 'create') await call.context.checkMayCreate();
      await admitWrite(call, {
        operation: old === undefined ? 'CREATE' : 'UPDATE',
        access: request.access,
        user: request.user,
        resource: request.resource,
        subresource: info.subresource,
        namespace: request.namespace,
        name: object.metadata.name ?? '',
        object,
        old,
        dryRun,
        warn,
      });
    },
  };
}

export async function admitWrite(call: ResourceCall, request: AdmissionRequest): Promise<void> {
  const own = call.context.domain.admission;
  if (own.length > 0) await admit(own, request);
  await admit(call.services.admission, request);
}

export function accessFor(target: AuthorizedContext['target']): Access | undefined {
  if (target.kind === 'cluster') return mintClusterAccess(target.name);
  return target.kind === 'wildcard' ? mintWildcardAccess() : undefined;
}
