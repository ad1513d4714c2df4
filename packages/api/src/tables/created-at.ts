import type { KubeObject } from '@canopy/apimachinery';
import type { Cell } from './table-cells.ts';

/** The only cell of kinds that Kubernetes has no columns for: the creation time itself, not the age. */
export function createdAtCells(object: KubeObject): Cell[] {
  return [object.metadata.creationTimestamp ?? '0001-01-01T00:00:00Z'];
}
