import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { ResourceQuota } from './resource-quota.ts';

/** Cells of Request, Limit, Age. */
export function resourceQuotaCells(object: KubeObject, now: number): Cell[] {
  const quota = object as ResourceQuota;
  const { hard = {}, used = {} } = quota.status ?? {};
  const requests: string[] = [];
  const limits: string[] = [];
  for (const resource of Object.keys(hard).sort()) {
    const column = resource.startsWith('limits.') ? limits : requests;
    column.push(`${resource}: ${used[resource] ?? 0}/${hard[resource]}`);
  }
  return [requests.join(', '), limits.join(', '), ageOf(quota.metadata.creationTimestamp, now)];
}
