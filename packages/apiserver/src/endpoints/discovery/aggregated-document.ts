import { createHash } from 'node:crypto';
import type { DiscoveredGroup, DiscoveredResource, DiscoveredVersion } from './discovered-resource.ts';

export type AggregatedVersion = 'v2' | 'v2beta1';

export interface AggregatedDocument {
  body: Buffer;
  /** Quoted, as it stands in the ETag header. */
  etag: string;
}

/** apidiscovery.k8s.io APIGroupDiscoveryList of the given groups, once per version of that API. */
export function aggregatedDocuments(
  groups: readonly DiscoveredGroup[],
): Readonly<Record<AggregatedVersion, AggregatedDocument>> {
  const items = groups.map(groupDiscovery);
  return { v2: documentOf('v2', items), v2beta1: documentOf('v2beta1', items) };
}

function documentOf(version: AggregatedVersion, items: readonly object[]): AggregatedDocument {
  const list = { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
  const body = Buffer.from(JSON.stringify(list));
  return { body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` };
}

function groupDiscovery({ group, versions }: DiscoveredGroup): object {
  return {
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: versions.map((version) => versionDiscovery(group, version)),
  };
}

function versionDiscovery(group: string, { version, resources }: DiscoveredVersion): object {
  return {
    version,
    resources: resources.map((resource) => resourceDiscovery(group, version, resource)),
    freshness: 'Current',
  };
}

function resourceDiscovery(group: string, version: string, resource: DiscoveredResource): object {
  const { names } = resource.declaration;
  return {
    resource: names.plural,
    responseKind: { group, version, kind: names.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: names.singular,
    verbs: resource.verbs,
    ...(names.shortNames.length === 0 ? {} : { shortNames: names.shortNames }),
    ...(names.categories.length === 0 ? {} : { categories: names.categories }),
    ...(resource.subresources.length === 0
      ? {}
      : {
          subresources: resource.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }),
  };
}
