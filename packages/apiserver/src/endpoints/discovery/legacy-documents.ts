import { apiVersionOf } from '@canopy/apimachinery';
import type {
  DiscoveredGroup,
  DiscoveredResource,
  DiscoveredSubresource,
  DiscoveredVersion,
} from './discovered-resource.ts';

/** The unaggregated documents (metav1), by path without a trailing slash. `serverAddress` is `host:port`. */
export function legacyDocuments(groups: readonly DiscoveredGroup[], serverAddress: string): Map<string, Buffer> {
  const documents = new Map<string, Buffer>();
  const core = groups.find((g) => g.group === '');
  const named = groups.filter((g) => g.group !== '');
  documents.set(
    '/api',
    encode({
      kind: 'APIVersions',
      versions: core?.versions.map((v) => v.version) ?? [],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
    }),
  );
  documents.set('/apis', encode({ kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(apiGroup) }));
  for (const group of named) {
    documents.set(`/apis/${group.group}`, encode({ kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) }));
  }
  for (const { group, versions } of groups) {
    for (const version of versions) {
      const groupVersion = apiVersionOf(group, version.version);
      const root = group === '' ? '/api' : '/apis';
      documents.set(`${root}/${groupVersion}`, encode(resourceList(groupVersion, version)));
    }
  }
  return documents;
}

function encode(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

function apiGroup({ group, versions }: DiscoveredGroup): object {
  const listed = versions.map((v) => ({ groupVersion: apiVersionOf(group, v.version), version: v.version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

function resourceList(groupVersion: string, version: DiscoveredVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: version.resources.flatMap((resource) => [
      apiResource(resource),
      ...resource.subresources.map((subresource) => apiSubresource(resource, subresource)),
    ]),
  };
}

function apiResource({ declaration, namespaced, verbs, storageVersionHash }: DiscoveredResource): object {
  const { names } = declaration;
  return {
    name: names.plural,
    singularName: names.singular,
    namespaced,
    kind: names.kind,
    verbs,
    ...(names.shortNames.length === 0 ? {} : { shortNames: names.shortNames }),
    ...(names.categories.length === 0 ? {} : { categories: names.categories }),
    ...(storageVersionHash === undefined ? {} : { storageVersionHash }),
  };
}

function apiSubresource({ declaration }: DiscoveredResource, subresource: DiscoveredSubresource): object {
  const { name, kind, group, version, verbs, namespaced } = subresource;
  return {
    name: `${declaration.names.plural}/${name}`,
    singularName: '',
    namespaced,
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind,
    verbs,
  };
}
