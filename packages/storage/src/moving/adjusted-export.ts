import { compareKeys } from '../key-order.ts';
import type { StorageKey } from '../storage.ts';
import type { MovedObject, StoreExport } from './store-place.ts';

/** Key → the value that the target has instead; undefined: the target does not have it. */
export type Adjustments = ReadonlyMap<StorageKey, Uint8Array | undefined>;

/** Pages of an export with some objects replaced, added or left out. */
export async function* adjustedObjects(
  source: Pick<StoreExport, 'objects'>,
  after: string,
  adjustments: Adjustments,
): AsyncGenerator<MovedObject[]> {
  const added = [...adjustments]
    .flatMap(([key, value]) => (value === undefined ? [] : [plainObject(key, value)]))
    .filter(({ key }) => compareKeys(key, after) > 0)
    .sort((a, b) => compareKeys(a.key, b.key));
  for await (const page of source.objects(after)) {
    const last = page.at(-1);
    if (last === undefined) continue;
    const due = added.findIndex(({ key }) => compareKeys(key, last.key) > 0);
    const here = added.splice(0, due === -1 ? added.length : due);
    const kept = page.filter(({ key }) => !adjustments.has(key));
    yield here.length === 0 ? kept : [...kept, ...here].sort((a, b) => compareKeys(a.key, b.key));
  }
  if (added.length > 0) yield added;
}

function plainObject(key: StorageKey, value: Uint8Array): MovedObject {
  return { key, value, createRevision: 0, modRevision: 0, indexes: [], lease: undefined };
}
