import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { ServiceAccount } from './service-account.ts';

/** Cells of Secrets, Age. */
export function serviceAccountCells(object: KubeObject, now: number): Cell[] {
  const account = object as ServiceAccount;
  return [account.secrets?.length ?? 0, ageOf(account.metadata.creationTimestamp, now)];
}
