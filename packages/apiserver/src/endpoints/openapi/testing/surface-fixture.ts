import { type ResourceDeclaration, type Schema, type VersionDeclaration, withObjectMeta } from '@canopy/apimachinery';
import type { ApiSurface, ResourceOrigin, ServedResource, ServedVersion } from '../../../registry/served-resource.ts';

export interface FixtureResource {
  group?: string;
  plural: string;
  kind: string;
  scope?: ResourceDeclaration['scope'];
  verbs?: ResourceDeclaration['verbs'];
  origin?: ResourceOrigin['kind'];
  versions: Record<string, Pick<VersionDeclaration, 'schema'> & Partial<VersionDeclaration>>;
}

/** A served resource with all that documents are made from, and nothing that serving objects would need. */
export function fixtureResource({
  group = '',
  plural,
  kind,
  origin = 'builtin',
  ...rest
}: FixtureResource): ServedResource {
  const versions = Object.entries(rest.versions).map(
    ([name, version]): VersionDeclaration => ({ name, served: true, printerColumns: [], subresources: {}, ...version }),
  );
  const declaration: ResourceDeclaration = {
    group,
    scope: rest.scope ?? 'Namespaced',
    ...(rest.verbs === undefined ? {} : { verbs: rest.verbs }),
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List`, shortNames: [], categories: [] },
    versions,
    storageVersion: versions[0]!.name,
  };
  const served = versions.map((version): [string, ServedVersion] => [
    version.name,
    { declaration: version, fullSchema: withObjectMeta(version.schema), columns: [] } as unknown as ServedVersion,
  ]);
  return {
    declaration,
    origin: { kind: origin },
    strategy: {},
    versions: new Map(served),
    terminating: false,
  } as unknown as ServedResource;
}

export function fixtureSurface(hash: string, resources: readonly ServedResource[]): ApiSurface {
  return { hash, find: () => undefined, all: () => resources };
}

const configMap: Schema = {
  type: 'object',
  description: 'Configuration for others to read.',
  properties: {
    data: { type: 'object', additionalProperties: { type: 'string' }, description: 'Text by key.', wire: 2 },
    binaryData: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'byte' },
      description: 'Bytes by key.',
      wire: 3,
    },
    immutable: { type: 'boolean', description: 'Whether the data are fixed.', wire: 4 },
  },
};

const service: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      description: 'What is wanted.',
      properties: {
        ports: {
          type: 'array',
          description: 'Ports of the service.',
          'x-kubernetes-patch-merge-key': 'port',
          'x-kubernetes-patch-strategy': 'merge',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            required: ['port'],
            properties: {
              port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65535 },
              protocol: { type: 'string', default: 'TCP' },
              targetPort: { 'x-kubernetes-int-or-string': true, description: 'Port or name.' },
            },
          },
        },
      },
    },
  },
};

const review: Schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: { type: 'object', properties: { user: { type: 'string' } } },
    status: { type: 'object', properties: { allowed: { type: 'boolean' } } },
  },
};

export const widgetSchema: Schema = {
  type: 'object',
  description: 'Something to turn.',
  properties: {
    metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 20 } } },
    spec: {
      type: 'object',
      required: ['size', 'color'],
      'x-kubernetes-validations': [{ rule: 'self.size > 0', message: 'too small' }],
      properties: {
        size: { type: 'integer', minimum: -5, exclusiveMinimum: true, maximum: 10.5, multipleOf: 1, default: 0 },
        color: { type: 'string', nullable: true, enum: ['red', 'grün', null] },
        port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
        anything: { 'x-kubernetes-preserve-unknown-fields': true },
        open: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'string' } },
        },
        list: {
          type: 'array',
          maxItems: 3,
          uniqueItems: true,
          items: { type: 'object', properties: { a: { type: 'boolean', default: false } } },
        },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        choice: {
          type: 'object',
          properties: { a: { type: 'string' }, b: { type: 'string' } },
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
          not: { required: ['c'] },
        },
        labels: { type: 'object', additionalProperties: { type: 'string', pattern: '^[a-z]+$' } },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' } } },
  },
};

/** ConfigMaps, Services, reviews and a custom Widget in two versions. */
export const mixedResources: readonly ServedResource[] = [
  fixtureResource({ plural: 'configmaps', kind: 'ConfigMap', versions: { v1: { schema: configMap } } }),
  fixtureResource({
    plural: 'services',
    kind: 'Service',
    versions: { v1: { schema: service, subresources: { status: true } } },
  }),
  fixtureResource({
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    scope: 'Cluster',
    verbs: ['create'],
    versions: { v1: { schema: review } },
  }),
  fixtureResource({
    group: 'example.com',
    plural: 'widgets',
    kind: 'Widget',
    origin: 'crd',
    versions: {
      v1: {
        schema: widgetSchema,
        selectableFields: ['.spec.color'],
        subresources: {
          status: true,
          scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' },
        },
      },
      v1alpha1: { schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    },
  }),
];
