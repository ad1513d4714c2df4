import { countedResource, isClusterScopedQuota, type QuotaObject } from './quota-scope.ts';

export interface QuotaCounter {
  /** How many objects there are; `namespace` undefined: in the whole logical cluster. Undefined for what is not served. */
  count(resource: { group: string; resource: string }, namespace: string | undefined): Promise<number | undefined>;
}

/**
 * The status of a quota as the objects that exist have it. To be written with the resource version of `quota`: a
 * reservation made meanwhile must not be lost.
 */
export async function recountQuota(
  quota: QuotaObject,
  counter: QuotaCounter,
): Promise<NonNullable<QuotaObject['status']>> {
  const hard = { ...quota.spec?.hard };
  const used: Record<string, string> = {};
  const isScoped = (quota.spec?.scopes?.length ?? 0) > 0 || Boolean(quota.spec?.scopeSelector);
  const namespace = isClusterScopedQuota(quota) ? undefined : quota.metadata.namespace;
  for (const key of Object.keys(hard)) {
    const resource = countedResource(key);
    const count = resource === undefined || isScoped ? 0 : await counter.count(resource, namespace);
    used[key] = String(count ?? 0);
  }
  return { hard, used };
}
