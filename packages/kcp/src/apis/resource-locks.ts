import type { KubeObject } from '@canopy/apimachinery';

/** Who serves which resource in a logical cluster: `internal.apis.kcp.io/resource-bindings` on its LogicalCluster. */
export const locksAnnotation = 'internal.apis.kcp.io/resource-bindings';

export type ResourceLock = { n: string } | { c: true; e?: string };

export type LockTable = Record<string, ResourceLock>;

/** A missing or broken annotation is an empty table. */
export function readLocks(logicalCluster: KubeObject): LockTable {
  const text = logicalCluster.metadata.annotations?.[locksAnnotation];
  if (text === undefined) return {};
  try {
    const table: unknown = JSON.parse(text);
    return typeof table === 'object' && table !== null ? (table as LockTable) : {};
  } catch {
    return {};
  }
}

export function writeLocks(logicalCluster: KubeObject, table: LockTable): void {
  logicalCluster.metadata.annotations = {
    ...logicalCluster.metadata.annotations,
    [locksAnnotation]: JSON.stringify(table),
  };
}

export function lockedByBinding(lock: ResourceLock | undefined): string | undefined {
  return lock !== undefined && 'n' in lock ? lock.n : undefined;
}

/** Locks of one binding, replaced by the given resources (`<resource>.<group>`). Undefined when nothing changes. */
export function takeLocks(table: LockTable, binding: string, resources: readonly string[]): LockTable | undefined {
  const next: LockTable = {};
  for (const [resource, lock] of Object.entries(table)) {
    if (lockedByBinding(lock) !== binding || resources.includes(resource)) next[resource] = lock;
  }
  for (const resource of resources) next[resource] ??= { n: binding };
  return JSON.stringify(next) === JSON.stringify(table) ? undefined : next;
}
