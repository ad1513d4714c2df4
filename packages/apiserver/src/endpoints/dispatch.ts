import { badRequest, methodNotAllowed, pathNotFound, type Verb } from '@canopy/apimachinery';
import { groupResourceOf } from '../registry/registry.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ApiResponse } from './api-response.ts';
import { handleCreate } from './handlers/create.ts';
import { handleDelete, handleDeleteCollection } from './handlers/delete.ts';
import { handleGet } from './handlers/get.ts';
import { handleList } from './handlers/list.ts';
import { handlePatch } from './handlers/patch.ts';
import { handleScale } from './handlers/scale.ts';
import { handleUpdate } from './handlers/update.ts';
import { handleWatch } from './handlers/watch.ts';
import type { AuthorizedContext } from './request-context.ts';
import type { EndpointServices, ResourceCall } from './resource-call.ts';
import type { SpecialEndpoints } from './subresources.ts';

type Handler = (call: ResourceCall) => Promise<ApiResponse>;

/** Where each verb on a main resource is handled. */
const verbHandlers: Readonly<Record<Verb, Handler>> = {
  get: handleGet,
  list: handleList,
  watch: handleWatch,
  create: handleCreate,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: handleDeleteCollection,
};

const statusHandlers: Readonly<Record<string, Handler>> = { get: handleGet, update: handleUpdate, patch: handlePatch };

/** Answers an authorised resource request. */
export async function dispatchResource(
  services: EndpointServices,
  special: SpecialEndpoints,
  context: AuthorizedContext,
): Promise<ApiResponse> {
  const { info, domain, target } = context;
  const found = domain.resource(target, info);
  const resource = found instanceof Promise ? await found : found;
  const version = resource?.versions.get(info.version);
  if (resource === undefined || version === undefined) throw pathNotFound();
  checkScope(resource, context);
  const restriction = domain.restriction === undefined ? undefined : await domain.restriction(target, resource);
  const call: ResourceCall = { context, services, resource, restriction };
  if (version.declaration.deprecated === true) context.warnings.push(deprecationText(resource, version.declaration));
  const special_ = special.names.get(resource.key)?.get(info.name)?.(call);
  if (special_ !== undefined) return special_;
  const handler = info.subresource === '' ? mainHandler(special, call) : subresourceHandler(special, call);
  // Waiting here is cheaper than a promise that adopts another one.
  return await handler(call);
}

function deprecationText(resource: ServedResource, version: { name: string; deprecationWarning?: string }): string {
  const { group, names } = resource.declaration;
  return version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`;
}

/** A namespace in the path of a cluster-scoped resource, or a name without one, is not a path that exists. */
function checkScope(resource: ServedResource, context: AuthorizedContext): void {
  const { info, target } = context;
  const isNamespaceItself = resource.declaration.group === '' && info.resource === 'namespaces';
  if (resource.declaration.scope === 'Cluster' && info.namespace !== '' && !isNamespaceItself) throw pathNotFound();
  if (
    resource.declaration.scope === 'Namespaced' &&
    info.namespace === '' &&
    info.name !== '' &&
    target.kind === 'cluster'
  ) {
    throw pathNotFound();
  }
  if (target.kind === 'wildcard' && info.verb !== 'list' && info.verb !== 'watch') {
    throw methodNotAllowed(groupResourceOf(resource), `${info.verb} in the \`*\` logical cluster`);
  }
  if (info.namespace !== '' && !/^[a-z0-9][a-z0-9.-]*$/.test(info.namespace))
    throw badRequest('invalid namespace in the path');
}

function mainHandler(special: SpecialEndpoints, call: ResourceCall): Handler {
  const { info } = call.context;
  const { declaration } = call.resource;
  if (declaration.virtual === true) {
    const virtual = special.virtual.get(call.resource.key);
    if (virtual === undefined || info.verb !== 'create')
      throw methodNotAllowed(groupResourceOf(call.resource), info.verb);
    return virtual;
  }
  const verbs = declaration.verbs;
  const handler = verbHandlers[info.verb as Verb];
  if (handler === undefined || (verbs !== undefined && !verbs.includes(info.verb as Verb))) {
    throw methodNotAllowed(groupResourceOf(call.resource), info.verb);
  }
  if (info.verb === 'create' && info.name !== '') {
    throw methodNotAllowed(groupResourceOf(call.resource), 'create with a name in the path');
  }
  if ((info.verb === 'update' || info.verb === 'patch') && info.name === '') {
    throw methodNotAllowed(groupResourceOf(call.resource), `${info.verb} without a name in the path`);
  }
  return handler;
}

function subresourceHandler(special: SpecialEndpoints, call: ResourceCall): Handler {
  const { info } = call.context;
  const declared = call.resource.versions.get(info.version)?.declaration.subresources;
  const own = special.subresources.get(call.resource.key)?.find((endpoint) => endpoint.name === info.subresource);
  if (own !== undefined) {
    if (!own.verbs.includes(info.verb as Verb)) throw subresourceMethod(call);
    return (target) => own.handle(target);
  }
  if (info.subresource === 'status' && declared?.status === true) {
    const handler = statusHandlers[info.verb];
    if (handler === undefined) throw subresourceMethod(call);
    return handler;
  }
  if (info.subresource === 'scale' && declared?.scale !== undefined) return handleScale;
  throw pathNotFound();
}

function subresourceMethod(call: ResourceCall): Error {
  const { group, resource } = groupResourceOf(call.resource);
  return methodNotAllowed({ group, resource: `${resource}/${call.context.info.subresource}` }, call.context.info.verb);
}
