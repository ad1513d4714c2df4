import type { Revision } from '@canopy/storage';
import { encodeContinue } from '../continue-token.ts';
import { collectionPrefix, type ListOptions, listObjects } from '../list.ts';
import type { Access } from '../logical-cluster.ts';
import { spliceAll } from '../object-codec.ts';
import type { CollectionRequest, Registry } from '../registry.ts';
import { toStatusError } from '../storage-errors.ts';
import type { CachedPage } from './list-cache.ts';

/** The beginning of a list as bytes. */
export interface EncodedPage {
  /** Objects separated by commas. */
  bytes: Buffer;
  count: number;
  revision: Revision;
  /** `''` when there is nothing more. */
  continueToken: string;
}

/** Whether a list begins with the first objects of the collection as they are now, whatever they are. */
export function startsWithNewest(options: ListOptions): boolean {
  const { labels, fields, extra, index, continueToken, resourceVersion, resourceVersionMatch } = options;
  if (extra !== undefined || index !== undefined || continueToken !== '' || resourceVersionMatch !== '') return false;
  if (resourceVersion !== '' && resourceVersion !== '0') return false;
  return (labels === undefined || labels.empty) && (fields === undefined || fields.requirements.length === 0);
}

/**
 * The first objects of a collection in their stored form, for options that {@link startsWithNewest}. What was read before
 * is read again only when something below the collection's prefix has changed: a page that is still in the cache holds
 * for the store's newest revision as soon as the hub has delivered that one.
 */
export async function firstPage(
  registry: Registry,
  request: CollectionRequest<Access>,
  options: ListOptions,
): Promise<EncodedPage> {
  const { hub, lists } = registry;
  const prefix = collectionPrefix(request);
  const { limit } = options;
  if (lists.get(prefix, limit) !== undefined) {
    const newest = await currentRevision(registry);
    const page = lists.get(prefix, limit);
    if (page !== undefined && hub.revision >= newest) return encoded(page, newest);
  }
  const keep = lists.reserve(prefix, limit);
  const { items, revision, continueToken } = await listObjects(registry, request, options);
  const last = items[items.length - 1];
  const page: CachedPage = {
    bytes: spliceAll(items, nothing, nothing),
    count: items.length,
    revision,
    next: continueToken === '' || last === undefined ? '' : last.kv.key.slice(prefix.length),
  };
  keep(page);
  return encoded(page, revision);
}

const nothing = Buffer.alloc(0);

/** A page that was read after the newest revision was asked for is of a newer one. */
function encoded({ bytes, count, revision, next }: CachedPage, newest: Revision): EncodedPage {
  const answered = Math.max(revision, newest) as Revision;
  return {
    bytes,
    count,
    revision: answered,
    continueToken: next === '' ? '' : encodeContinue({ revision: answered, start: next }),
  };
}

async function currentRevision({ storage }: Registry): Promise<Revision> {
  try {
    return await storage.currentRevision();
  } catch (error) {
    throw toStatusError(error);
  }
}
