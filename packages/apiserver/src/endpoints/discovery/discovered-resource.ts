import { createHash } from 'node:crypto';
import { allVerbs, type ResourceDeclaration, type VersionDeclaration } from '@canopy/apimachinery';
import type { ApiSurface, ServedResource, ServedVersion } from '../../registry/served-resource.ts';
import { compareGroups, compareVersions } from './version-order.ts';

/** A subresource as discovery shows it. */
export interface DiscoveredSubresource {
  name: string;
  kind: string;
  /** Group and version of the kind, where they are not those of the resource. */
  group?: string;
  version?: string;
  verbs: readonly string[];
  namespaced: boolean;
}

/** Subresources besides those that the versions declare (`status`, `scale`); one of an equal name replaces it. */
export type SubresourcesOf = (resource: ServedResource) => readonly DiscoveredSubresource[];

/** One resource in one version. */
export interface DiscoveredResource {
  resource: ServedResource;
  served: ServedVersion;
  declaration: ResourceDeclaration;
  verbs: readonly string[];
  namespaced: boolean;
  subresources: readonly DiscoveredSubresource[];
  storageVersionHash: string | undefined;
}

export interface DiscoveredVersion {
  version: string;
  /** By name. */
  resources: DiscoveredResource[];
}

export interface DiscoveredGroup {
  group: string;
  /** Preferred first. */
  versions: DiscoveredVersion[];
}

/** Everything a surface serves, by group and version, in the order of discovery. */
export function discoverGroups(surface: ApiSurface, subresourcesOf: SubresourcesOf): DiscoveredGroup[] {
  const groups = new Map<string, Map<string, DiscoveredResource[]>>();
  for (const resource of surface.all()) {
    const { group } = resource.declaration;
    let versions = groups.get(group);
    if (versions === undefined) {
      versions = new Map();
      groups.set(group, versions);
    }
    const extra = subresourcesOf(resource);
    for (const [version, served] of resource.versions) {
      if (!served.declaration.served) continue;
      const found = versions.get(version);
      const discovered = discoverResource(resource, served, extra);
      if (found === undefined) versions.set(version, [discovered]);
      else found.push(discovered);
    }
  }
  return [...groups]
    .sort(([a], [b]) => compareGroups(a, b))
    .map(([group, versions]) => ({
      group,
      versions: [...versions]
        .sort(([a], [b]) => compareVersions(a, b))
        .map(([version, resources]) => ({ version, resources: resources.sort(byName) })),
    }))
    .filter((group) => group.versions.length > 0);
}

function byName(a: DiscoveredResource, b: DiscoveredResource): number {
  return a.declaration.names.plural < b.declaration.names.plural ? -1 : 1;
}

function discoverResource(
  resource: ServedResource,
  served: ServedVersion,
  extra: readonly DiscoveredSubresource[],
): DiscoveredResource {
  const { declaration } = resource;
  const verbs = declaration.verbs ?? (declaration.virtual === true ? ['create'] : allVerbs);
  return {
    resource,
    served,
    declaration,
    verbs: resource.terminating ? verbs.filter((verb) => verb !== 'create') : verbs,
    namespaced: declaration.scope === 'Namespaced',
    subresources: subresourcesIn(declaration, served.declaration, extra),
    storageVersionHash: declaration.virtual === true ? undefined : storageVersionHash(declaration),
  };
}

const changeVerbs: readonly string[] = ['get', 'patch', 'update'];

function subresourcesIn(
  declaration: ResourceDeclaration,
  version: VersionDeclaration,
  extra: readonly DiscoveredSubresource[],
): DiscoveredSubresource[] {
  const namespaced = declaration.scope === 'Namespaced';
  const all = new Map<string, DiscoveredSubresource>();
  if (version.subresources.status === true) {
    all.set('status', { name: 'status', kind: declaration.names.kind, verbs: changeVerbs, namespaced });
  }
  if (version.subresources.scale !== undefined) {
    all.set('scale', {
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: changeVerbs,
      namespaced,
    });
  }
  for (const subresource of extra) all.set(subresource.name, subresource);
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Changes when objects are stored in another version. Opaque to clients; computed as Kubernetes computes it. */
function storageVersionHash({ group, storageVersion, names }: ResourceDeclaration): string {
  return createHash('sha256')
    .update(`${group}/${storageVersion}/${names.kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}
