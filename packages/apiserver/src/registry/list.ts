import { setImmediate } from 'node:timers/promises';
import { badRequest, expired, type KubeObject, timeout } from '@canopy/apimachinery';
import {
  type IndexEntry,
  isStorageError,
  type KeyValue,
  objectPrefix,
  type RangeResult,
  type Revision,
} from '@canopy/storage';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import type { Access } from './logical-cluster.ts';
import { decodeObject } from './object-codec.ts';
import { labelIndex, labelIndexValue } from './object-indexes.ts';
import type { CollectionRequest, Registry, StoredObject } from './registry.ts';
import { compileSelection, type Selection } from './selection.ts';
import { toStatusError } from './storage-errors.ts';

export interface ListOptions extends Selection {
  limit: number;
  continueToken: string;
  resourceVersion: string;
  resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  /** Asked between pages: true ends the work, since nobody waits for its result. */
  isAbandoned?: () => boolean;
}

export interface ListResult {
  items: StoredObject[];
  revision: Revision;
  /** `''` when there is nothing more. */
  continueToken: string;
}

/** Objects read per step: when a selector must look at each of them, and when not. */
const scanPage = 500;
const plainPage = 2000;

/** Prefix of the collection that a request names. */
export function collectionPrefix(request: CollectionRequest<Access>, namespace = request.namespace): string {
  const { identity, storedAs } = request.resource;
  return objectPrefix({
    ...storedAs,
    identity,
    ...(request.access.kind === 'cluster' ? { cluster: request.access.cluster } : {}),
    ...(namespace === undefined || request.access.kind === 'wildcard' ? {} : { namespace }),
  });
}

/**
 * A consistent page of a collection. Where an index finds the objects, later pages lack those that have left it since the
 * first, as a watch from the list's revision says of them anyway. 410 when the revision asked for is compacted, 400 for
 * contradictory options.
 */
export async function listObjects(
  registry: Registry,
  request: CollectionRequest<Access>,
  options: ListOptions,
): Promise<ListResult> {
  const matcher = compileSelection(request.resource, request.version, options);
  const index = options.index ?? labelIndexOf(registry, request, options);
  const prefix = collectionPrefix(request, request.namespace ?? matcher.namespace);
  const start = await startOf(registry, options);
  const read = pageReader(registry, prefix, index);
  const items: StoredObject[] = [];
  let after = start.after === undefined ? undefined : prefix + start.after;
  let revision = start.revision;
  let answered: Revision | undefined = start.revision;
  for (;;) {
    const wanted = options.limit > 0 ? options.limit - items.length : undefined;
    const limit = matcher.all ? Math.min(wanted ?? plainPage, plainPage) : scanPage;
    const page = await readPage(read, { limit, after, revision }, start.token);
    answered ??= page.revision;
    // Later pages of one scan must show the same state as the first.
    revision ??= page.more ? page.revision : undefined;
    for (let i = 0; i < page.items.length; i++) {
      const kv = page.items[i]!;
      const stored = select(kv, matcher);
      if (stored === undefined) continue;
      items.push(stored);
      if (options.limit > 0 && items.length === options.limit) {
        const more = page.more || i < page.items.length - 1;
        return { items, revision: answered, continueToken: more ? tokenAfter(prefix, kv, answered) : '' };
      }
    }
    if (!page.more) return { items, revision: answered, continueToken: '' };
    after = page.last;
    // Others get their turn while a large collection is read.
    await setImmediate();
    if (options.isAbandoned?.() === true) throw timeout('nobody waits for this list any more');
  }
}

function select(
  kv: KeyValue,
  matcher: { all: boolean; matches(object: KubeObject): boolean },
): StoredObject | undefined {
  if (matcher.all) return { kv };
  const object = decodeObject(kv);
  return matcher.matches(object) ? { kv, object } : undefined;
}

function tokenAfter(prefix: string, kv: KeyValue, revision: Revision): string {
  return encodeContinue({ revision, start: kv.key.slice(prefix.length) });
}

/** An indexed label that the selector pins to one value. */
function labelIndexOf(
  registry: Registry,
  request: CollectionRequest<Access>,
  options: ListOptions,
): IndexEntry | undefined {
  if (options.resourceVersionMatch === 'Exact') return undefined;
  for (const requirement of options.labels?.requirements ?? []) {
    const value = requirement.values[0];
    if (requirement.values.length !== 1 || value === undefined || !['=', '==', 'in'].includes(requirement.operator))
      continue;
    if (!registry.isIndexedLabel(requirement.key, value)) continue;
    const { group, names } = request.resource.declaration;
    return { index: labelIndex, value: labelIndexValue({ group, resource: names.plural }, requirement.key, value) };
  }
  return undefined;
}

interface PageQuery {
  limit: number | undefined;
  after: string | undefined;
  revision: Revision | undefined;
}

interface Page extends RangeResult {
  /** Where the next page goes on. */
  last: string | undefined;
}

function pageReader(
  registry: Registry,
  prefix: string,
  index: IndexEntry | undefined,
): (query: PageQuery) => Promise<Page> {
  const { storage } = registry;
  return async ({ limit, after, revision }) => {
    const page = { ...(limit === undefined ? {} : { limit }), ...(after === undefined ? {} : { after }) };
    const found =
      index === undefined
        ? await storage.range(prefix, { ...page, ...(revision === undefined ? {} : { revision }) })
        : await storage.rangeIndex(index.index, index.value, { ...page, prefix });
    const last = found.items[found.items.length - 1]?.key;
    if (index === undefined || revision === undefined) return { ...found, last };
    return { ...found, items: await asOf(registry, found.items, revision), last };
  };
}

/** Indexes are read as they are now: what was written since `revision` is replaced by what it was then. */
async function asOf(registry: Registry, found: readonly KeyValue[], revision: Revision): Promise<KeyValue[]> {
  const items: KeyValue[] = [];
  for (const kv of found) {
    const then = kv.modRevision <= revision ? kv : await registry.storage.get(kv.key, { revision });
    if (then !== undefined) items.push(then);
  }
  return items;
}

async function readPage(
  read: (query: PageQuery) => Promise<Page>,
  query: PageQuery,
  token: { start: string } | undefined,
): Promise<Page> {
  try {
    return await read(query);
  } catch (error) {
    if (token !== undefined && isStorageError(error, 'RevisionCompacted')) {
      const inconsistent = encodeContinue({ revision: -1, start: token.start });
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
          'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
          'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
          'deleted between the time the first chunk was returned and now may show up in the list.',
        inconsistent,
      );
    }
    throw toStatusError(error);
  }
}

interface ListStart {
  revision: Revision | undefined;
  after: string | undefined;
  token: { start: string } | undefined;
}

/** Resolves continue, resourceVersion and resourceVersionMatch (Kubernetes API concepts, "Resource versions"). */
async function startOf(registry: Registry, options: ListOptions): Promise<ListStart> {
  const { resourceVersion: rv, resourceVersionMatch: match } = options;
  if (options.continueToken !== '') {
    if (match !== '') throw badRequest('resourceVersionMatch is forbidden when continue is provided');
    if (rv !== '' && rv !== '0') throw badRequest('specifying resource version is not allowed when using continue');
    const token = decodeContinue(options.continueToken);
    return { revision: token.revision === -1 ? undefined : token.revision, after: token.start, token };
  }
  if (match !== '' && rv === '')
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && rv === '0')
    throw badRequest('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  if (rv === '' || rv === '0') return { revision: undefined, after: undefined, token: undefined };
  const wanted = parseResourceVersion(rv);
  if (match === 'Exact' || (match === '' && options.limit > 0))
    return { revision: wanted, after: undefined, token: undefined };
  const newest = await registry.storage.currentRevision();
  if (wanted > newest) throw timeout(`Too large resource version: ${wanted}, current: ${newest}`, 1);
  return { revision: undefined, after: undefined, token: undefined };
}

export function parseResourceVersion(text: string): Revision {
  if (!/^\d{1,16}$/.test(text)) throw badRequest(`Invalid value: ${JSON.stringify(text)}: invalid resource version`);
  return Number(text) as Revision;
}
