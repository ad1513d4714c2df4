import { notFound } from '@canopy/apimachinery';
import { getObject, objectOf } from '../../registry/get.ts';
import { groupResourceOf } from '../../registry/registry.ts';
import type { ApiResponse } from '../api-response.ts';
import { renderObject } from '../rendering.ts';
import { objectRequestOf, type ResourceCall } from '../resource-call.ts';

export async function handleGet(call: ResourceCall): Promise<ApiResponse> {
  const request = objectRequestOf(call);
  const stored = await getObject(call.services.registry, request);
  if (call.restriction?.visible?.(objectOf(stored)) === false)
    throw notFound(groupResourceOf(call.resource), request.name);
  return await renderObject(call, 200, stored);
}
