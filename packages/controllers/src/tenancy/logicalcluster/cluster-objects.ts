import type { Condition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import { decodeObject, logicalClusterName, mintClusterAccess } from '@canopy/apiserver';
import { logicalClusterKey, logicalClusterObjectName, workspaceKey } from '@canopy/kcp';
import type { KeyValue } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import type { ObjectPlace } from '../../runtime/object-writer.ts';

export const deletionFinalizer = 'core.kcp.io/logicalcluster-deletion';
export const terminatorsFinalizer = 'kcp.io/has-terminators';

export interface ClusterOwner {
  apiVersion: string;
  resource: string;
  name: string;
  namespace?: string;
  cluster: string;
  uid: string;
}

export interface ClusterSpec {
  owner?: ClusterOwner;
  directlyDeletable?: boolean;
}

export interface ClusterStatus {
  URL?: string;
  phase?: string;
  initializers?: string[];
  terminators?: string[];
  conditions?: Condition[];
}

export function clusterSpecOf(object: KubeObject): ClusterSpec {
  return (object.spec ?? {}) as ClusterSpec;
}

export function clusterStatusOf(object: KubeObject): ClusterStatus {
  object.status ??= {};
  return object.status as ClusterStatus;
}

export interface StoredObjectAt {
  kv: KeyValue;
  object: KubeObject;
  place: ObjectPlace;
}

export async function readLogicalCluster(
  { registry, world }: ControllerDeps,
  cluster: string,
): Promise<StoredObjectAt | undefined> {
  const kv = await registry.storage.get(logicalClusterKey(cluster));
  if (kv === undefined) return undefined;
  const place: ObjectPlace = {
    resource: world.native.find('core.kcp.io', 'logicalclusters'),
    access: mintClusterAccess(logicalClusterName(cluster)),
    name: logicalClusterObjectName,
  };
  return { kv, object: decodeObject(kv), place };
}

export async function readWorkspace(
  { registry, world }: ControllerDeps,
  parent: string,
  name: string,
): Promise<StoredObjectAt | undefined> {
  const kv = await registry.storage.get(workspaceKey(parent, name));
  if (kv === undefined) return undefined;
  const place: ObjectPlace = {
    resource: world.native.find('tenancy.kcp.io', 'workspaces'),
    access: mintClusterAccess(logicalClusterName(parent)),
    name,
  };
  return { kv, object: decodeObject(kv), place };
}

/** The Workspace that a logical cluster belongs to, if it is there and still the same. */
export async function readOwner(deps: ControllerDeps, logicalCluster: KubeObject): Promise<StoredObjectAt | undefined> {
  const { owner } = clusterSpecOf(logicalCluster);
  if (owner === undefined || owner.resource !== 'workspaces') return undefined;
  const found = await readWorkspace(deps, owner.cluster, owner.name);
  return found?.object.metadata.uid === owner.uid ? found : undefined;
}
