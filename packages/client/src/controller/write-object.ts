import type { JsonObject, KubeObject } from '@canopy/apimachinery';
import { createMergePatch, deepCopy, isStatusError } from '@canopy/apimachinery';
import type { ResourceClient } from '../dynamic/resource-client.ts';

/** Server-side apply that takes over what others own, as controllers do with their own objects. */
export function applyObject<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: KubeObject,
  options: { fieldManager: string; subresource?: string; signal?: AbortSignal },
): Promise<T> {
  return resource.apply(object, { force: true, ...options });
}

/** What {@link createOrPatch} did. */
export interface WrittenObject<T> {
  outcome: 'created' | 'patched' | 'unchanged';
  object: T;
}

/**
 * Creates the object that `change` makes of `initial`, or merges into the present one what `change` makes different; an
 * object that needs no change is not written. `change` may alter its argument. Status is not written.
 *
 * @throws StatusError 409 when somebody else writes at the same time
 */
export async function createOrPatch<T extends KubeObject>(
  resource: ResourceClient<T>,
  initial: T,
  change: (object: T) => void,
): Promise<WrittenObject<T>> {
  const { name = '', namespace } = initial.metadata;
  const collection = resource.namespace(namespace);
  let present: T;
  try {
    present = await collection.get(name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    const fresh = deepCopy(initial);
    change(fresh);
    return { outcome: 'created', object: await collection.create(fresh) };
  }
  const wanted = deepCopy(present);
  change(wanted);
  const patch = createMergePatch(present as unknown as JsonObject, wanted as unknown as JsonObject) as {
    metadata?: object;
  };
  if (Object.keys(patch).length === 0) return { outcome: 'unchanged', object: present };
  patch.metadata = { ...patch.metadata, resourceVersion: present.metadata.resourceVersion };
  return { outcome: 'patched', object: await collection.patch(name, 'merge', patch) };
}
