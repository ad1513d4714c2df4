import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { Lease } from './lease.ts';

/** Cells of Holder, Age. */
export function leaseCells(object: KubeObject, now: number): Cell[] {
  const lease = object as Lease;
  return [lease.spec?.holderIdentity ?? '', ageOf(lease.metadata.creationTimestamp, now)];
}
