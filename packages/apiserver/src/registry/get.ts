import { notFound } from '@canopy/apimachinery';
import { decodeObject } from './object-codec.ts';
import { groupResourceOf, keyOf, type ObjectRequest, type Registry, type StoredObject } from './registry.ts';
import { toStatusError } from './storage-errors.ts';

/** The stored object, newest revision. 404 when there is none. */
export async function getObject(registry: Registry, request: ObjectRequest): Promise<StoredObject> {
  const found = await findObject(registry, request);
  if (found === undefined) throw notFound(groupResourceOf(request.resource), request.name);
  return found;
}

export async function findObject(registry: Registry, request: ObjectRequest): Promise<StoredObject | undefined> {
  try {
    const kv = await registry.storage.get(keyOf(request, request.name));
    return kv === undefined ? undefined : { kv };
  } catch (error) {
    throw toStatusError(error);
  }
}

/** Decodes once and remembers. */
export function objectOf(stored: StoredObject): NonNullable<StoredObject['object']> {
  stored.object ??= decodeObject(stored.kv);
  return stored.object;
}
