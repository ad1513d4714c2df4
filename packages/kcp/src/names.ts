import { createHash, hash, randomBytes, randomInt } from 'node:crypto';
import { base36Padded, base62 } from '@canopy/apimachinery';

/** Names and hashes that clients of kcp compute themselves and therefore must come out the same here. */
function sha224(data: string | Uint8Array): Uint8Array {
  return hash('sha224', data, 'buffer');
}

const halfNameLength = 8;
const halfNames = 36 ** halfNameLength;

/**
 * A fresh logical cluster name, 16 characters of base 36: half of it the time in milliseconds, half of it random. Names in
 * the order of creation keep what is written together close together in every index of the store.
 */
export function newClusterName(nowMs: number): string {
  const digits = (value: number): string => value.toString(36).padStart(halfNameLength, '0');
  return digits(nowMs % halfNames) + digits(randomInt(halfNames));
}

const rememberedHashes = 1000;

/** Remembers what it was asked for last; bounded. */
function remembering(compute: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      if (known.size >= rememberedHashes) known.clear();
      value = compute(text);
      known.set(text, value);
    }
    return value;
  };
}

const base62Hash = remembering((text) => base62(sha224(text)));
const shardHashOf = remembering((shard) => base36Padded(sha224(shard)).slice(0, 8));

/** The home cluster of a user: the same name every time. */
export function homeClusterName(user: string): string {
  return base36Padded(sha224(user).subarray(0, 8));
}

/** Value of the label `internal.apis.kcp.io/export` on bindings, and the suffix of claim labels of an export. */
export function exportHash(exportCluster: string, exportName: string): string {
  return base62Hash(`${exportCluster}:${exportName}`);
}

export function shardHash(shard: string): string {
  return shardHashOf(shard);
}

/** Deterministic name of a default binding: stable for one cluster and export, different between clusters. */
export function defaultBindingName(cluster: string, exportPath: string, exportName: string): string {
  const suffix = base62(sha224(`${cluster}|${exportPath}|${exportName}`))
    .toLowerCase()
    .slice(0, 5);
  return `${exportName.slice(0, 247)}-${suffix}`;
}

/** A permission claim as far as its label goes; verbs and selectors do not count. */
export interface ClaimIdentity {
  group?: string;
  resource: string;
  identityHash?: string;
}

export function claimLabelValue(claim: ClaimIdentity): string {
  const canonical = {
    ...(claim.group ? { group: claim.group } : {}),
    resource: claim.resource,
    verbs: null,
    ...(claim.identityHash ? { identityHash: claim.identityHash } : {}),
  };
  return base62(sha224(JSON.stringify(canonical)));
}

/** Carried by bindings that accept no claim on apibindings: lets the export's virtual workspace find its own bindings. */
export const reflexiveClaimValue = base62(
  Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7]),
);

export const claimLabelPrefix = 'claimed.internal.apis.kcp.io/';

/**
 * Labels by which bindings and claimed objects are looked for. Not the claim that every binding has on itself: who wants
 * the bindings of an export has its name in another label.
 */
export function isIndexedLabel(key: string, value: string): boolean {
  return (key.startsWith(claimLabelPrefix) && value !== reflexiveClaimValue) || key === 'internal.apis.kcp.io/export';
}

export function claimLabelKey(exportCluster: string, exportName: string): string {
  return claimLabelPrefix + exportHash(exportCluster, exportName);
}

/** Marks logical clusters by outstanding initializer or terminator. */
export function lifecycleLabel(
  prefix: 'initializer.internal.kcp.io/' | 'terminator.internal.kcp.io/',
  name: string,
): { key: string; value: string } {
  const hash = createHash('sha224').update(name).digest('hex');
  return { key: prefix + hash.slice(0, 63 - prefix.length), value: hash };
}

export function newIdentityKey(): string {
  return randomBytes(32).toString('base64url');
}

/** Identity of an export: what its secret's `key` bytes hash to. */
export function identityHashOf(key: string | Uint8Array): string {
  return createHash('sha256').update(key).digest('hex');
}
