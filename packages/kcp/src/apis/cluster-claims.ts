import type { KubeObject } from '@canopy/apimachinery';
import { DerivedCache, decodeObject } from '@canopy/apiserver';
import { type Change, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';
import { groups } from '../logical-cluster/stored-kinds.ts';
import { claimLabelKey, claimLabelValue, reflexiveClaimValue } from '../names.ts';
import type { NativeKinds } from '../surface/native-kinds.ts';
import type { ExportCache } from './export-cache.ts';
import { bindingSpecOf, bindingStatusOf, exportSpecOf } from './export-model.ts';
import { type EffectiveClaim, effectiveClaims, selects } from './permission-claims.ts';

/** The labels by which claimed objects are found. */
export interface ClaimLabels {
  /**
   * Label key → value that an object of this resource must carry; computed from the cluster's bindings. A promise only when the
   * store has to be asked.
   */
  labelsFor(
    cluster: string,
    resource: ClaimedResource,
    object: KubeObject,
  ): Record<string, string> | Promise<Record<string, string>>;
}

interface ClaimedResource {
  group: string;
  resource: string;
  /** In the storage key of its objects. */
  identity: string;
}

/** A claim that is in force in one logical cluster, with the label that its objects carry. */
export interface ClusterClaim extends EffectiveClaim {
  /** Identity in the storage key of the objects; `''` for what the server itself declares. */
  storedIdentity: string;
  labelKey: string;
  labelValue: string;
}

const capacity = 10_000;
const bindingsResource = { group: groups.apis, resource: 'apibindings' };
const bindingsPrefix = objectPrefix(bindingsResource);
const exportsPrefix = objectPrefix({ group: groups.apis, resource: 'apiexports' });

/** The claims in force in each logical cluster, computed from its bindings and their exports when they are asked for. */
export class ClusterClaims implements ClaimLabels {
  private readonly storage: Storage;
  private readonly exports: ExportCache;
  private readonly native: NativeKinds;
  private readonly claims = new DerivedCache<readonly ClusterClaim[]>(capacity);

  constructor(storage: Storage, exports: ExportCache, native: NativeKinds) {
    this.storage = storage;
    this.exports = exports;
    this.native = native;
  }

  /** To be called with every batch of the change log, after the {@link ExportCache}. */
  onChanges(changes: readonly Change[]): void {
    for (const { key } of changes) {
      if (key.startsWith(bindingsPrefix)) this.claims.drop(parseObjectKey(key)?.cluster ?? '');
      else if (key.startsWith(exportsPrefix)) this.claims.clear();
    }
  }

  claimsOf(cluster: string): Promise<readonly ClusterClaim[]> {
    return this.claims.get(cluster, () => this.load(cluster));
  }

  labelsFor(
    cluster: string,
    resource: ClaimedResource,
    object: KubeObject,
  ): Record<string, string> | Promise<Record<string, string>> {
    const known = this.claims.peek(cluster);
    return known === undefined
      ? this.claimsOf(cluster).then((claims) => labelsOf(claims, resource, object))
      : labelsOf(known, resource, object);
  }

  private async load(cluster: string): Promise<readonly ClusterClaim[]> {
    const { items } = await this.storage.range(objectPrefix({ ...bindingsResource, cluster }));
    const bindings = items.map(decodeObject).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const native = this.nativeIdentities(bindings);
    const claims: ClusterClaim[] = [];
    for (const binding of bindings) {
      const accepted = bindingSpecOf(binding).permissionClaims ?? [];
      const at = exportOf(binding);
      if (accepted.length === 0 || at === undefined) continue;
      const found = await this.exports.find(at.cluster, at.name);
      if (found === undefined) continue;
      for (const claim of effectiveClaims(exportSpecOf(found.object).permissionClaims ?? [], accepted)) {
        const isNative = native.has(`${claim.group}/${claim.resource}:${claim.identityHash}`);
        claims.push({
          ...claim,
          storedIdentity: isNative ? '' : claim.identityHash,
          labelKey: claimLabelKey(at.cluster, at.name),
          labelValue: claimLabelValue(claim),
        });
      }
    }
    return claims;
  }

  /** Kinds of the root exports have an identity in claims and none in their keys. */
  private nativeIdentities(bindings: readonly KubeObject[]): ReadonlySet<string> {
    const identities = new Set<string>();
    for (const binding of bindings) {
      const at = exportOf(binding);
      if (at?.cluster !== 'root' || !this.native.byRootExport.has(at.name)) continue;
      for (const { group, resource, schema } of bindingStatusOf(binding).boundResources ?? []) {
        identities.add(`${group}/${resource}:${schema.identityHash}`);
      }
    }
    return identities;
  }
}

function labelsOf(
  claims: readonly ClusterClaim[],
  resource: ClaimedResource,
  object: KubeObject,
): Record<string, string> {
  const labels: Record<string, string> = {};
  if (resource.group === groups.apis && resource.resource === 'apibindings')
    Object.assign(labels, reflexiveLabel(object));
  for (const claim of claims) {
    if (claim.resource !== resource.resource || claim.storedIdentity !== resource.identity) continue;
    if (normalGroup(claim.group, claim.resource) !== normalGroup(resource.group, resource.resource)) continue;
    if (selects(claim.selector, object)) labels[claim.labelKey] = claim.labelValue;
  }
  return labels;
}

function exportOf(binding: KubeObject): { cluster: string; name: string } | undefined {
  const cluster = bindingStatusOf(binding).apiExportClusterName;
  const name = bindingSpecOf(binding).reference?.export?.name;
  return cluster === undefined || name === undefined ? undefined : { cluster, name };
}

/** By which the virtual workspace of a binding's own export finds it, whether or not it claims bindings. */
function reflexiveLabel(binding: KubeObject): Record<string, string> {
  const at = exportOf(binding);
  return at === undefined ? {} : { [claimLabelKey(at.cluster, at.name)]: reflexiveClaimValue };
}

/** Events of both groups are the same objects. */
function normalGroup(group: string, resource: string): string {
  return resource === 'events' && group === 'events.k8s.io' ? '' : group;
}
