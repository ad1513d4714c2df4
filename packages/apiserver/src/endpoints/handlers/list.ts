import { type ListOptions, listObjects } from '../../registry/list.ts';
import { type EncodedPage, firstPage, startsWithNewest } from '../../registry/listing/first-page.ts';
import type { ApiResponse } from '../api-response.ts';
import { listOptionsOf } from '../query-options.ts';
import { type PlainList, plainList, renderList } from '../rendering.ts';
import { collectionOf, type ResourceCall } from '../resource-call.ts';
import { firstPageObjects, streamedList } from './streamed-list.ts';

export async function handleList(call: ResourceCall): Promise<ApiResponse> {
  const { context } = call;
  const isAbandoned = (): boolean => context.aborted;
  const options = { ...listOptionsOf(context.query), ...restrictionOf(call), isAbandoned };
  const form = plainList(call);
  if (form === undefined)
    return renderList(call, await listObjects(call.services.registry, collectionOf(call), options));
  const first = await encodedFirst(call, form, options.limit === 0 ? withLimit(options) : options);
  if (options.limit > 0 || first.continueToken === '') return form.complete(first, first.bytes);
  return streamed(call, { form, first, options });
}

/** The options of the first page of a list that has no limit: one would change the meaning of a resource version alone. */
function withLimit(options: ListOptions): ListOptions {
  const { resourceVersion, resourceVersionMatch, continueToken } = options;
  const pinned = resourceVersion !== '' && resourceVersionMatch === '' && continueToken === '';
  return { ...options, limit: firstPageObjects, ...(pinned ? { resourceVersionMatch: 'NotOlderThan' } : {}) };
}

async function encodedFirst(call: ResourceCall, form: PlainList, options: ListOptions): Promise<EncodedPage> {
  const { registry } = call.services;
  const collection = collectionOf(call);
  if (form.isStoredForm && startsWithNewest(options)) return firstPage(registry, collection, options);
  const { items, revision, continueToken } = await listObjects(registry, collection, options);
  return { bytes: form.objects(items), count: items.length, revision, continueToken };
}

/** Further pages are read while the client takes the first ones. */
function streamed(
  call: ResourceCall,
  { form, first, options }: { form: PlainList; first: EncodedPage; options: ListOptions },
): ApiResponse {
  const { registry } = call.services;
  const collection = collectionOf(call);
  const { revision, bytes, count, continueToken } = first;
  return streamedList({
    form,
    first: { bytes: [form.head({ revision, continueToken: '' }), bytes], count, continueToken },
    read: (token, limit) =>
      listObjects(registry, collection, {
        ...options,
        resourceVersion: '',
        resourceVersionMatch: '',
        continueToken: token,
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
