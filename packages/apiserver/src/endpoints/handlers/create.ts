import { badRequest, methodNotAllowed, notFound } from '@canopy/apimachinery';
import { createObject } from '../../registry/create.ts';
import { groupResourceOf } from '../../registry/registry.ts';
import type { ApiResponse } from '../api-response.ts';
import { renderObject } from '../rendering.ts';
import { type ResourceCall, singleCluster, writeOptionsOf } from '../resource-call.ts';
import { objectOfBody } from './object-body.ts';

export async function handleCreate(call: ResourceCall): Promise<ApiResponse> {
  const { resource } = call;
  const request = singleCluster(call);
  const { scope } = resource.declaration;
  if (resource.terminating) throw methodNotAllowed(groupResourceOf(resource), 'create');
  if (scope === 'Namespaced' && request.namespace === undefined) {
    throw badRequest('an empty namespace may not be set during creation');
  }
  const options = writeOptionsOf(call, request);
  const object = await objectOfBody(call, request, { namespace: request.namespace }, options.warn);
  const stored = await createObject(call.services.registry, request, object, options);
  if (
    call.restriction?.visible !== undefined &&
    stored.object !== undefined &&
    !call.restriction.visible(stored.object)
  ) {
    throw notFound(groupResourceOf(resource), stored.object.metadata.name ?? '');
  }
  return renderObject(call, 201, stored, options.dryRun);
}
