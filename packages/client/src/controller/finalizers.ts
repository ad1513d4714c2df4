import type { KubeObject } from '@canopy/apimachinery';
import { isStatusError } from '@canopy/apimachinery';
import type { ResourceClient } from '../dynamic/resource-client.ts';

/**
 * The object with the finalizer, written only if it lacked it. Assumes that the object is not being deleted: servers
 * refuse new finalizers then.
 *
 * @throws StatusError 409 when the object changed since it was read
 */
export async function ensureFinalizer<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  const present = object.metadata.finalizers ?? [];
  if (present.includes(finalizer)) return object;
  return patchFinalizers(resource, object, [...present, finalizer]);
}

/**
 * The object without the finalizer; undefined when that made it vanish, or it was gone already.
 *
 * @throws StatusError 409 when the object changed since it was read
 */
export async function removeFinalizer<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizer: string,
): Promise<T | undefined> {
  const present = object.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) return object;
  const rest = present.filter((one) => one !== finalizer);
  try {
    const written = await patchFinalizers(resource, object, rest);
    return rest.length === 0 && object.metadata.deletionTimestamp !== undefined ? undefined : written;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** A merge patch replaces the whole list, so it names the version that the list was read from. */
function patchFinalizers<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizers: string[],
): Promise<T> {
  const { name = '', namespace, resourceVersion, uid } = object.metadata;
  return resource.namespace(namespace).patch(name, 'merge', { metadata: { resourceVersion, uid, finalizers } });
}
