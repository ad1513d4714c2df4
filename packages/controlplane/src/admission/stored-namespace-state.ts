import { type ClusterAccess, decodeObject, type Registry } from '@canopy/apiserver';
import { objectKey } from '@canopy/storage';
import type { NamespaceState } from './namespace-lifecycle.ts';

/** The state of a namespace as the store has it now; for `namespaceLifecycle`. */
export function storedNamespaceState(
  registry: Pick<Registry, 'storage'>,
): (access: ClusterAccess, namespace: string) => Promise<NamespaceState> {
  return async (access, namespace) => {
    const key = objectKey({ group: '', resource: 'namespaces', cluster: access.cluster, name: namespace });
    const kv = await registry.storage.get(key);
    if (kv === undefined) return 'missing';
    const { metadata, status } = decodeObject(kv) as ReturnType<typeof decodeObject> & { status?: { phase?: string } };
    return metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating' ? 'terminating' : 'active';
  };
}
