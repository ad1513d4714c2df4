import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import { keyCount } from '../tables/key-count.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { Secret } from './secret.ts';

/** Cells of Type, Data, Age. */
export function secretCells(object: KubeObject, now: number): Cell[] {
  const secret = object as Secret;
  return [secret.type ?? '', keyCount(secret.data), ageOf(secret.metadata.creationTimestamp, now)];
}
