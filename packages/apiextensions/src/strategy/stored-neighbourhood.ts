import { type ClusterAccess, decodeObject, type Registry } from '@canopy/apiserver';
import type { StorageKey, Transaction } from '@canopy/storage';
import type { CrdNames, CrdObject } from '../definition/crd-object.ts';
import { type CrdNeighbourhood, crdGroupIndex, crdGroupIndexValue } from './crd-strategy.ts';

/**
 * One key per name that a definition is about to take: `/w/crd-names/<cluster>/<group>/<r or k>/<name>`. Two writes that
 * want the same name meet there, others do not. The keys mean nothing by themselves and expire.
 */
export const crdNameGuardPrefix = '/w/crd-names/';
const guardSeconds = 60;

export interface StoredNeighbourhoodOptions {
  registry: Registry;
  /** Names of the bound APIs of a group in a cluster. */
  boundNames(access: ClusterAccess, group: string): Promise<readonly CrdNames[]>;
}

/** The neighbours of a definition as the store has them. */
export function storedNeighbourhood({ registry, boundNames }: StoredNeighbourhoodOptions): CrdNeighbourhood {
  return {
    async neighbours(access, group) {
      const found = await registry.storage.rangeIndex(crdGroupIndex, crdGroupIndexValue(access.cluster, group));
      return {
        definitions: found.items.map((kv) => decodeObject(kv) as CrdObject),
        bound: await boundNames(access, group),
      };
    },
    async guard(access, group, names) {
      const keys = guardKeys(access.cluster, group, names);
      const current = await Promise.all(keys.map((key) => registry.storage.get(key)));
      const lease = await registry.leases.leaseFor(guardSeconds);
      const transaction: Transaction = {
        compares: keys.map((key, i) => ({ key, modRevision: current[i]?.modRevision ?? 0 })),
        operations: keys.map((key) => ({ type: 'put', key, value: emptyValue, lease })),
      };
      return transaction;
    },
  };
}

const emptyValue = new Uint8Array(0);

function guardKeys(cluster: string, group: string, names: CrdNames): StorageKey[] {
  const resources = new Set([names.plural, names.singular ?? '', ...(names.shortNames ?? [])]);
  const kinds = new Set([names.kind, names.listKind ?? '']);
  const prefix = `${crdNameGuardPrefix}${cluster}/${group === '' ? 'core' : group}`;
  const keys: StorageKey[] = [];
  for (const name of resources) if (name !== '') keys.push(`${prefix}/r/${name}` as StorageKey);
  for (const name of kinds) if (name !== '') keys.push(`${prefix}/k/${name}` as StorageKey);
  return keys;
}
