import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import { keyCount } from '../tables/key-count.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { ConfigMap } from './config-map.ts';

/** Cells of Data, Age. */
export function configMapCells(object: KubeObject, now: number): Cell[] {
  const { data, binaryData, metadata } = object as ConfigMap;
  return [keyCount(data) + keyCount(binaryData), ageOf(metadata.creationTimestamp, now)];
}
