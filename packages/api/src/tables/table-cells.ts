import type { KubeObject } from '@canopy/apimachinery';

export type Cell = string | number | boolean | null;

/**
 * The cells of one row of a server-side table, in the order of the version's `printerColumns`.
 * `now` is in milliseconds since the epoch.
 */
export type TableCells = (object: KubeObject, now: number) => Cell[];

/** Key of a kind in `tableCells`: `/Secret`, `rbac.authorization.k8s.io/Role`. */
export function tableKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}
