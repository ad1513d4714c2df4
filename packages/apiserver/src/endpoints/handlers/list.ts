import { type ListOptions, listObjects } from '../../registry/list.ts';
import type { ApiResponse } from '../api-response.ts';
import { listOptionsOf } from '../query-options.ts';
import { listPages, renderList } from '../rendering.ts';
import { collectionOf, type ResourceCall } from '../resource-call.ts';
import { firstPageObjects, streamedList } from './streamed-list.ts';

export async function handleList(call: ResourceCall): Promise<ApiResponse> {
  const { context } = call;
  const isAbandoned = (): boolean => context.signal.aborted;
  const options = { ...listOptionsOf(context.query), ...restrictionOf(call), isAbandoned };
  return (options.limit === 0 ? await streamed(call, options) : undefined) ?? renderAll(call, options);
}

async function renderAll(call: ResourceCall, options: ListOptions): Promise<ApiResponse> {
  return renderList(call, await listObjects(call.services.registry, collectionOf(call), options));
}

/** Plain JSON of more than one page; undefined when all of it has to be read at once. */
async function streamed(call: ResourceCall, options: ListOptions): Promise<ApiResponse | undefined> {
  const pages = listPages(call);
  if (pages === undefined) return undefined;
  const { registry } = call.services;
  const collection = collectionOf(call);
  // A limit would change the meaning of a resource version alone.
  const match = options.resourceVersionMatch === '' && options.resourceVersion !== '' ? 'NotOlderThan' : undefined;
  const first = await listObjects(registry, collection, {
    ...options,
    limit: firstPageObjects,
    ...(match === undefined || options.continueToken !== '' ? {} : { resourceVersionMatch: match }),
  });
  if (first.continueToken === '') return renderList(call, first);
  return streamedList({
    pages,
    first,
    read: (continueToken, limit) =>
      listObjects(registry, collection, {
        ...options,
        resourceVersion: '',
        resourceVersionMatch: '',
        continueToken,
        limit,
      }),
    acceptEncoding: call.context.headers['accept-encoding'],
    endsAt: call.context.endsAt,
  });
}

/** The domain's restriction in the form that list and watch take. */
export function restrictionOf(call: ResourceCall): Pick<Parameters<typeof listObjects>[2], 'extra' | 'index'> {
  const { restriction } = call;
  return {
    ...(restriction?.visible === undefined ? {} : { extra: restriction.visible }),
    ...(restriction?.index === undefined ? {} : { index: restriction.index }),
  };
}
