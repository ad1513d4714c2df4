import type { KubeObject } from '@canopy/apimachinery';
import { decodeObject } from '@canopy/apiserver';
import { objectKey, type Storage, type StorageKey } from '@canopy/storage';

/** Where the kinds that the server itself reads by key are stored. */
export const groups = {
  core: 'core.kcp.io',
  tenancy: 'tenancy.kcp.io',
  apis: 'apis.kcp.io',
  crd: 'apiextensions.k8s.io',
} as const;

export const logicalClusterObjectName = 'cluster';

export function logicalClusterKey(cluster: string): StorageKey {
  return objectKey({ group: groups.core, resource: 'logicalclusters', cluster, name: logicalClusterObjectName });
}

export function workspaceKey(parent: string, name: string): StorageKey {
  return objectKey({ group: groups.tenancy, resource: 'workspaces', cluster: parent, name });
}

export function workspaceTypeKey(cluster: string, name: string): StorageKey {
  return objectKey({ group: groups.tenancy, resource: 'workspacetypes', cluster, name });
}

export function apiExportKey(cluster: string, name: string): StorageKey {
  return objectKey({ group: groups.apis, resource: 'apiexports', cluster, name });
}

export function apiBindingKey(cluster: string, name: string): StorageKey {
  return objectKey({ group: groups.apis, resource: 'apibindings', cluster, name });
}

export function resourceSchemaKey(cluster: string, name: string): StorageKey {
  return objectKey({ group: groups.apis, resource: 'apiresourceschemas', cluster, name });
}

export function crdKey(cluster: string, name: string): StorageKey {
  return objectKey({ group: groups.crd, resource: 'customresourcedefinitions', cluster, name });
}

/** Cluster that holds the CRDs made from bound schemas. */
export const boundCrdsCluster = 'system:bound-crds';

/** An object read by key, with the revision for compare-and-swap. */
export interface Found {
  object: KubeObject;
  revision: number;
}

export async function readObject(storage: Storage, key: StorageKey): Promise<Found | undefined> {
  const kv = await storage.get(key);
  return kv === undefined ? undefined : { object: decodeObject(kv), revision: kv.modRevision };
}
