import type { KubeObject, ResourceDeclaration } from '@canopy/apimachinery';
import { countedCoreResources } from './quota-amounts.ts';

/** A ResourceQuota, as far as this package looks into it. */
export interface QuotaObject extends KubeObject {
  spec?: { hard?: Record<string, string | number>; scopes?: string[]; scopeSelector?: unknown };
  status?: { hard?: Record<string, string | number>; used?: Record<string, string | number> };
}

/** A quota in this namespace with the annotation counts in the whole logical cluster (kcp). */
export const quotaNamespace = 'admin';
export const clusterScopedQuotaAnnotation = 'experimental.quota.kcp.io/cluster-scoped';

export function isClusterScopedQuota(quota: KubeObject): boolean {
  return (
    quota.metadata.namespace === quotaNamespace && quota.metadata.annotations?.[clusterScopedQuotaAnnotation] === 'true'
  );
}

/** Keys of `spec.hard` that limit how many objects of a resource there are, sorted. */
export function countedKeys({ group, names }: Pick<ResourceDeclaration, 'group' | 'names'>): string[] {
  if (group !== '') return [`count/${names.plural}.${group}`];
  const count = `count/${names.plural}`;
  return countedCoreResources.includes(names.plural) ? [names.plural, count].sort() : [count];
}

/** Group and plural that a key of `spec.hard` counts; undefined for keys that count no objects. */
export function countedResource(key: string): { group: string; resource: string } | undefined {
  if (countedCoreResources.includes(key)) return { group: '', resource: key };
  if (!key.startsWith('count/')) return undefined;
  const name = key.slice('count/'.length);
  const dot = name.indexOf('.');
  return dot === -1 ? { group: '', resource: name } : { group: name.slice(dot + 1), resource: name.slice(0, dot) };
}
