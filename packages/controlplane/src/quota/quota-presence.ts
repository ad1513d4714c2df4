import type { Registry } from '@canopy/apiserver';
import { DerivedCache, objectPrefix, parseObjectKey } from '@canopy/storage';

const capacity = 4_000;
const quotas = { group: '', resource: 'resourcequotas' };
const watched = objectPrefix(quotas);

/** Where there are quotas at all, so that creations elsewhere need not look: bounded, dropped by the change log. */
export class QuotaPresence {
  private readonly registry: Pick<Registry, 'storage' | 'hub'>;
  private readonly present = new DerivedCache<boolean>(capacity);

  constructor(registry: Pick<Registry, 'storage' | 'hub'>) {
    this.registry = registry;
    registry.hub.subscribeAll((changes) => {
      for (const { key } of changes) {
        if (!key.startsWith(watched)) continue;
        const at = parseObjectKey(key);
        if (at !== undefined) this.present.drop(`${at.cluster}/${at.namespace}`);
      }
    });
  }

  /** Whether it is known, without a look at the store, that there are none. */
  isAbsent(cluster: string, namespace: string): boolean {
    return this.present.peek(`${cluster}/${namespace}`) === false;
  }

  /** A promise only when the store has to be asked. */
  in(cluster: string, namespace: string): boolean | Promise<boolean> {
    const at = `${cluster}/${namespace}`;
    return (
      this.present.peek(at) ??
      this.present.get(at, async () => {
        const prefix = objectPrefix({ ...quotas, cluster, namespace });
        return (await this.registry.storage.range(prefix, { limit: 1 })).items.length > 0;
      })
    );
  }
}
