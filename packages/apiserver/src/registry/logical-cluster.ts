/**
 * Isolation is a type. A registry call needs an access value, and access values are minted in two places only: by the
 * filter chain for the one logical cluster that the request names, and by privileged in-process callers (virtual
 * workspaces, controllers' loopback) that the composition root hands the mint to.
 */

declare const clusterNameBrand: unique symbol;
declare const accessBrand: unique symbol;

/** Opaque, globally unique name of a logical cluster (`root`, `2vx8…`, `system:admin`). Not a path. */
export type LogicalClusterName = string & { readonly [clusterNameBrand]: true };

/** Permission to touch objects of exactly one logical cluster. */
export interface ClusterAccess {
  readonly kind: 'cluster';
  readonly cluster: LogicalClusterName;
  readonly [accessBrand]: true;
}

/** Permission to read across all logical clusters; never to write. */
export interface WildcardAccess {
  readonly kind: 'wildcard';
  readonly [accessBrand]: true;
}

export type Access = ClusterAccess | WildcardAccess;

const segment = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const namePattern = new RegExp(`^(?:${segment}|system:${segment}(?::${segment})?)$`);

/** Undefined when the text cannot be a logical cluster's name (for instance because it is a path). */
export function parseLogicalClusterName(text: string): LogicalClusterName | undefined {
  return namePattern.test(text) ? (text as LogicalClusterName) : undefined;
}

/** For names that our own code makes or that come from the store. */
export function logicalClusterName(text: string): LogicalClusterName {
  const name = parseLogicalClusterName(text);
  if (name === undefined) throw new RangeError(`not a logical cluster name: ${JSON.stringify(text)}`);
  return name;
}

export function mintClusterAccess(cluster: LogicalClusterName): ClusterAccess {
  return { kind: 'cluster', cluster } as ClusterAccess;
}

const wildcardAccess = { kind: 'wildcard' } as WildcardAccess;

export function mintWildcardAccess(): WildcardAccess {
  return wildcardAccess;
}
