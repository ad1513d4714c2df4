import type { KubeObject } from '@canopy/apimachinery';
import { DerivedCache, decodeObject } from '@canopy/apiserver';
import {
  type BindingSpec,
  type BindingStatus,
  bindingSpecOf,
  type EffectiveClaim,
  effectiveClaims,
  exportSpecOf,
} from '@canopy/kcp';
import { type Change, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';

const bindings = { group: 'apis.kcp.io', resource: 'apibindings' };
const capacity = 10_000;

/** One binding in a consumer's cluster, as far as providers are concerned. */
export interface ConsumerBinding {
  name: string;
  spec: BindingSpec;
  status: BindingStatus;
}

/** The bindings of each cluster that a provider asked for; bounded, dropped by the change log. */
export class ConsumerBindings {
  private readonly storage: Storage;
  private readonly cache = new DerivedCache<readonly ConsumerBinding[]>(capacity);

  constructor(storage: Storage) {
    this.storage = storage;
  }

  onChanges(changes: readonly Change[]): void {
    for (const { key } of changes) {
      if (key.startsWith(`/r/${bindings.group}/${bindings.resource}/`))
        this.cache.drop(parseObjectKey(key)?.cluster ?? '');
    }
  }

  /** The cluster's binding to an export; undefined when it has none. */
  async to(exportCluster: string, exportName: string, cluster: string): Promise<ConsumerBinding | undefined> {
    const all = await this.cache.get(cluster, () => this.load(cluster));
    return all.find(({ spec, status }) => {
      const reference = spec.reference?.export;
      if (reference?.name !== exportName) return false;
      return (status.apiExportClusterName ?? reference.path) === exportCluster;
    });
  }

  private async load(cluster: string): Promise<ConsumerBinding[]> {
    const { items } = await this.storage.range(objectPrefix({ ...bindings, cluster }));
    return items.map((kv) => {
      const object: KubeObject = decodeObject(kv);
      return {
        name: object.metadata.name ?? '',
        spec: bindingSpecOf(object),
        status: (object.status ?? {}) as BindingStatus,
      };
    });
  }
}

/** Claims in force between an export and one of its bindings. */
export function claimsOf(exportObject: KubeObject, binding: ConsumerBinding): EffectiveClaim[] {
  return effectiveClaims(exportSpecOf(exportObject).permissionClaims ?? [], binding.spec.permissionClaims ?? []);
}
