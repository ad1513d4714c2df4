import type { Storage } from '@canopy/storage';

/** As many of the wanted items as a transaction of this store has room for, when each touches so many objects. At least one. */
export function itemsAtOnce(
  { transactionSize = Number.POSITIVE_INFINITY }: Pick<Storage, 'transactionSize'>,
  wanted: number,
  objectsPerItem = 1,
): number {
  return Math.max(1, Math.min(wanted, Math.floor(transactionSize / objectsPerItem)));
}
