import { listObjects } from '../../registry/list.ts';
import type { ApiResponse } from '../api-response.ts';
import { listOptionsOf } from '../query-options.ts';
import { renderList } from '../rendering.ts';
import { collectionOf, type ResourceCall } from '../resource-call.ts';

export async function handleList(call: ResourceCall): Promise<ApiResponse> {
  const options = listOptionsOf(call.context.query);
  const result = await listObjects(call.services.registry, collectionOf(call), { ...options, ...restrictionOf(call) });
  return renderList(call, result);
}

/** The domain's restriction in the form that list and watch take. */
export function restrictionOf(call: ResourceCall): Pick<Parameters<typeof listObjects>[2], 'extra' | 'index'> {
  const { restriction } = call;
  return {
    ...(restriction?.visible === undefined ? {} : { extra: restriction.visible }),
    ...(restriction?.index === undefined ? {} : { index: restriction.index }),
  };
}
