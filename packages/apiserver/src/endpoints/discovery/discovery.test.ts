import type { ResourceDeclaration, VersionDeclaration } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import type { ApiSurface, ServedResource, ServedVersion } from '../../registry/served-resource.ts';
import type { DiscoveredSubresource } from './discovered-resource.ts';
import { answerDiscovery, type DiscoveryRequest, renderDiscovery } from './discovery.ts';

function version(name: string, extra: Partial<VersionDeclaration> = {}): VersionDeclaration {
  return { name, served: true, schema: {}, printerColumns: [], subresources: {}, ...extra };
}

interface Init extends Partial<Pick<ResourceDeclaration, 'group' | 'scope' | 'verbs' | 'virtual'>> {
  plural: string;
  kind: string;
  shortNames?: string[];
  versions?: VersionDeclaration[];
  terminating?: boolean;
}

function resource({
  plural,
  kind,
  shortNames = [],
  versions = [version('v1')],
  terminating = false,
  ...rest
}: Init): ServedResource {
  const declaration: ResourceDeclaration = {
    group: '',
    scope: 'Namespaced',
    storageVersion: versions[0]!.name,
    versions,
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List`, shortNames, categories: [] },
    ...rest,
  };
  return {
    declaration,
    terminating,
    versions: new Map(versions.map((v) => [v.name, { declaration: v } as ServedVersion])),
  } as unknown as ServedResource;
}

const namespaces = resource({ plural: 'namespaces', kind: 'Namespace', scope: 'Cluster', shortNames: ['ns'] });
const resources = [
  resource({
    group: 'example.com',
    plural: 'widgets',
    kind: 'Widget',
    versions: [
      version('v1beta1', { subresources: { status: true } }),
      version('v1', {
        subresources: {
          status: true,
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
      }),
      version('v2', { served: false }),
    ],
  }),
  resource({
    group: 'example.com',
    plural: 'gadgets',
    kind: 'Gadget',
    versions: [version('v1beta1')],
    terminating: true,
  }),
  resource({
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    scope: 'Cluster',
    virtual: true,
  }),
  namespaces,
  resource({ plural: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] }),
];
const surface: ApiSurface = { hash: 'h', find: () => undefined, all: () => resources };

const finalize: DiscoveredSubresource = { name: 'finalize', kind: 'Namespace', verbs: ['update'], namespaced: false };
const documents = renderDiscovery(surface, {
  subresourcesOf: (r) => (r === namespaces ? [finalize] : []),
  serverAddress: 'host:6443',
});

const ask = (path: string, headers: DiscoveryRequest['headers'] = {}) =>
  answerDiscovery(documents, { path, headers, query: new URLSearchParams() });
const read = (path: string, headers?: DiscoveryRequest['headers']) => JSON.parse(String(ask(path, headers)?.body));

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const v2beta1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

describe('unaggregated discovery', () => {
  it('lists the core versions at /api', () => {
    expect(read('/api')).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: 'host:6443' }],
    });
  });

  it('lists the other groups at /apis, those of Kubernetes first, with the preferred version', () => {
    expect(read('/apis/')).toEqual({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [
        {
          name: 'authorization.k8s.io',
          versions: [{ groupVersion: 'authorization.k8s.io/v1', version: 'v1' }],
          preferredVersion: { groupVersion: 'authorization.k8s.io/v1', version: 'v1' },
        },
        {
          name: 'example.com',
          versions: [
            { groupVersion: 'example.com/v1', version: 'v1' },
            { groupVersion: 'example.com/v1beta1', version: 'v1beta1' },
          ],
          preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' },
        },
      ],
    });
    expect(read('/apis/example.com')).toMatchObject({ kind: 'APIGroup', apiVersion: 'v1', name: 'example.com' });
  });

  it('lists resources and their subresources by name', () => {
    const list = read('/api/v1');
    expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
    expect(list.resources).toMatchObject([
      { name: 'configmaps', singularName: 'configmap', namespaced: true, kind: 'ConfigMap', shortNames: ['cm'] },
      {
        name: 'namespaces',
        namespaced: false,
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      },
      { name: 'namespaces/finalize', singularName: '', namespaced: false, kind: 'Namespace', verbs: ['update'] },
    ]);
  });

  it('shows status and scale of the versions that have them', () => {
    const names = (path: string) => read(path).resources.map((r: { name: string }) => r.name);
    expect(names('/apis/example.com/v1')).toEqual(['widgets', 'widgets/scale', 'widgets/status']);
    expect(names('/apis/example.com/v1beta1')).toEqual(['gadgets', 'widgets', 'widgets/status']);
    expect(read('/apis/example.com/v1').resources[1]).toMatchObject({
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
    });
  });

  it('does not offer create for resources that are going away', () => {
    expect(read('/apis/example.com/v1beta1').resources[0].verbs).not.toContain('create');
  });

  it('offers create alone for reviews', () => {
    expect(read('/apis/authorization.k8s.io/v1').resources[0].verbs).toEqual(['create']);
  });

  it.each(['/apis/example.com/v2', '/apis/nothing', '/api/v2', '/', ''])('does not know %s', (path) => {
    expect(ask(path)).toBeUndefined();
  });

  it('indents for people', () => {
    expect(String(ask('/api', { 'user-agent': 'curl/8' })?.body)).toContain('\n  "kind": "APIVersions"');
  });
});

describe('aggregated discovery', () => {
  it('is sent in the first version that the client asks for', () => {
    const response = ask('/apis', { accept: `${v2},${v2beta1},application/json` });
    expect(response?.headers).toMatchObject({
      'content-type': v2,
      vary: 'Accept',
      etag: expect.stringMatching(/^"[0-9A-F]{128}"$/),
    });
    expect(JSON.parse(String(response?.body)).apiVersion).toBe('apidiscovery.k8s.io/v2');
    expect(ask('/apis', { accept: v2beta1 })?.headers['content-type']).toBe(v2beta1);
  });

  it('describes groups, versions, resources and subresources', () => {
    const { items } = read('/apis', { accept: v2 });
    expect(items.map((g: { metadata: { name: string } }) => g.metadata.name)).toEqual([
      'authorization.k8s.io',
      'example.com',
    ]);
    expect(items[1].versions[0]).toMatchObject({
      version: 'v1',
      freshness: 'Current',
      resources: [
        {
          resource: 'widgets',
          responseKind: { group: 'example.com', version: 'v1', kind: 'Widget' },
          scope: 'Namespaced',
          singularResource: 'widget',
          subresources: [
            { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
            {
              subresource: 'status',
              responseKind: { group: 'example.com', version: 'v1', kind: 'Widget' },
              verbs: ['get', 'patch', 'update'],
            },
          ],
        },
      ],
    });
    expect(read('/api', { accept: v2 }).items[0].metadata).toEqual({ creationTimestamp: null });
  });

  it('answers 304 to who has it already', () => {
    const etag = ask('/apis', { accept: v2 })!.headers['etag']!;
    expect(ask('/apis', { accept: v2, 'if-none-match': etag })).toMatchObject({
      status: 304,
      body: undefined,
      headers: { etag },
    });
    expect(ask('/apis', { accept: v2beta1, 'if-none-match': etag })?.status).toBe(200);
  });

  it('is not sent to clients that do not ask for it first', () => {
    expect(read('/apis', { accept: 'application/json, */*' }).kind).toBe('APIGroupList');
    expect(read('/apis', { accept: 'application/vnd.kubernetes.protobuf' }).kind).toBe('APIGroupList');
    expect(
      read('/apis', { accept: `application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList, ${v2}` }).kind,
    ).toBe('APIGroupDiscoveryList');
  });

  it('does not exist for single groups', () => {
    expect(read('/apis/example.com', { accept: `${v2},application/json` }).kind).toBe('APIGroup');
    expect(() => ask('/apis/example.com', { accept: v2 })).toThrow(expect.objectContaining({ code: 406 }));
  });
});
