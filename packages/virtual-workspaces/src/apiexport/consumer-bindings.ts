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
const capacity = 4_000;

/** What providers need to know of one binding in a consumer's cluster; some hundred bytes. */
export interface ConsumerBinding {
  /** Logical cluster of the export, or its path while the binding is not bound. */
  exportCluster: string | undefined;
  exportName: string | undefined;
  /** `<group>/<resource>`. */
  bound: readonly string[];
  claims: NonNullable<BindingSpec['permissionClaims']>;
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
    return all.find((binding) => binding.exportName === exportName && binding.exportCluster === exportCluster);
  }

  private async load(cluster: string): Promise<ConsumerBinding[]> {
    const { items } = await this.storage.range(objectPrefix({ ...bindings, cluster }));
    return items.map((kv) => {
      const object: KubeObject = decodeObject(kv);
      const { reference, permissionClaims = [] } = bindingSpecOf(object);
      const { apiExportClusterName, boundResources = [] } = (object.status ?? {}) as BindingStatus;
      return {
        exportCluster: apiExportClusterName ?? reference?.export?.path,
        exportName: reference?.export?.name,
        bound: boundResources.map(({ group, resource }) => `${group}/${resource}`),
        claims: permissionClaims,
      };
    });
  }
}

/** Claims in force between an export and one of its bindings. */
export function claimsOf(exportObject: KubeObject, binding: ConsumerBinding): EffectiveClaim[] {
  return effectiveClaims(exportSpecOf(exportObject).permissionClaims ?? [], binding.claims);
}
