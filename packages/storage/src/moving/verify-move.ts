import { createHash } from 'node:crypto';
import { compareKeys } from '../key-order.ts';
import { StorageError } from '../storage-error.ts';
import { digestOf, eachObject, RowSum } from './object-digest.ts';
import type { MovedObject, StoreExport } from './store-place.ts';

export interface Verified {
  /** In the target. */
  objects: number;
  indexRows: number;
  /** Objects of the source whose leases have run out, so that the target need not have them. */
  expired: number;
  /** Of the hashes of all objects of the target, ascending; hexadecimal. */
  sha256: string;
}

/** Leases are counted in whole seconds by some stores, and not from the same instant. */
const leaseSlackMs = 2000;

const progressObjects = 1000;

/**
 * Compares every object, with its index rows, by hash, and the index rows that the target has with those that its objects
 * declare. Rejects with `StorageFailed` at the first difference.
 */
export async function verifyMove(
  wanted: AsyncIterable<MovedObject[]>,
  arrived: StoreExport,
  onProgress?: (objects: number) => void,
): Promise<Verified> {
  const there = eachObject(arrived.objects(''));
  const all = createHash('sha256');
  const declared = new RowSum();
  let [objects, expired] = [0, 0];
  let found = (await there.next()).value;
  for await (const object of eachObject(wanted)) {
    if (found === undefined || compareKeys(found.key, object.key) > 0) {
      if (!mayBeGone(object)) throw differs(object.key, 'is missing in the target');
      expired++;
      continue;
    }
    if (found.key !== object.key) throw differs(found.key, 'is in the target only');
    const digest = digestOf(found);
    if (!digest.equals(digestOf(object))) throw differs(object.key, 'differs in the target');
    if ((found.lease === undefined) !== (object.lease === undefined))
      throw differs(object.key, 'has a lease on one side only');
    all.update(digest);
    declared.addObject(found);
    if (++objects % progressObjects === 0) onProgress?.(objects);
    found = (await there.next()).value;
  }
  if (found !== undefined) throw differs(found.key, 'is in the target only');
  const rows = new RowSum();
  for await (const page of arrived.indexRows()) for (const row of page) rows.add(row);
  if (!rows.equals(declared))
    throw new StorageError(
      'StorageFailed',
      `the target has ${rows.count} index rows that are not the ${declared.count} which its objects declare`,
    );
  return { objects, indexRows: rows.count, expired, sha256: all.digest('hex') };
}

function mayBeGone({ lease }: MovedObject): boolean {
  return lease !== undefined && lease.expiresAt <= Date.now() + leaseSlackMs;
}

function differs(key: string, what: string): StorageError {
  return new StorageError('StorageFailed', `the target is not what the source is: ${key} ${what}`);
}
