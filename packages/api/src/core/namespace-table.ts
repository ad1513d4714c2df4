import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { Namespace } from './namespace.ts';

/** Cells of Status, Age. */
export function namespaceCells(object: KubeObject, now: number): Cell[] {
  const namespace = object as Namespace;
  return [namespace.status?.phase ?? '', ageOf(namespace.metadata.creationTimestamp, now)];
}
