import { type ClusterAccess, decodeObject, type Registry } from '@canopy/apiserver';
import { DerivedCache, objectKey, objectPrefix, parseObjectKey } from '@canopy/storage';
import type { NamespaceState } from './namespace-lifecycle.ts';

const capacity = 4_000;
const watched = objectPrefix({ group: '', resource: 'namespaces' });

/** The states of namespaces, as far as somebody asked: a bounded cache over the store, dropped by its change log. */
export class NamespaceStates {
  private readonly registry: Pick<Registry, 'storage' | 'hub'>;
  private readonly states = new DerivedCache<NamespaceState>(capacity);

  constructor(registry: Pick<Registry, 'storage' | 'hub'>) {
    this.registry = registry;
    registry.hub.subscribeAll((changes) => {
      for (const { key } of changes) if (key.startsWith(watched)) this.drop(key);
    });
  }

  /** A promise only when the store has to be asked. */
  of(access: ClusterAccess, namespace: string): NamespaceState | Promise<NamespaceState> {
    const at = `${access.cluster}/${namespace}`;
    return this.states.peek(at) ?? this.states.get(at, () => this.load(access, namespace));
  }

  private async load(access: ClusterAccess, namespace: string): Promise<NamespaceState> {
    const key = objectKey({ group: '', resource: 'namespaces', cluster: access.cluster, name: namespace });
    const kv = await this.registry.storage.get(key);
    if (kv === undefined) return 'missing';
    const { metadata, status } = decodeObject(kv) as ReturnType<typeof decodeObject> & { status?: { phase?: string } };
    return metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating' ? 'terminating' : 'active';
  }

  private drop(key: string): void {
    const at = parseObjectKey(key);
    if (at !== undefined) this.states.drop(`${at.cluster}/${at.name}`);
  }
}
