import type { Schema } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { discoverGroups } from '../discovery/discovered-resource.ts';
import type { DefinitionNameOf } from './definition-set.ts';
import { type DocumentV2, documentV2 } from './document-v2.ts';
import { type DocumentV3, documentV3 } from './document-v3.ts';
import { fixtureResource, fixtureSurface, mixedResources } from './testing/surface-fixture.ts';

const info = { title: 'Test', version: 'v1' };
const unnamed: DefinitionNameOf = () => undefined;
const groups = discoverGroups(fixtureSurface('mixed', mixedResources), () => []);
const v2 = documentV2(groups, { info, definitionNameOf: unnamed });
const v3Of = (group: string, version: string): DocumentV3 => {
  const found = groups.find((g) => g.group === group)!;
  return documentV3(
    { group, versions: found.versions.filter((v) => v.version === version) },
    { info, definitionNameOf: unnamed },
  );
};

/** A document as plain data, for walking along any path. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach deep into untyped JSON
const json = (value: unknown): any => JSON.parse(JSON.stringify(value));

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    key === '$ref' && typeof entry === 'string' ? [entry] : referencesIn(entry),
  );
}

function keysIn(value: unknown): Set<string> {
  const keys = new Set<string>();
  JSON.stringify(value, (key, entry: unknown) => {
    keys.add(key);
    return entry;
  });
  return keys;
}

describe('both documents', () => {
  it('define everything that they refer to', () => {
    const defined = (prefix: string, names: object) => new Set(Object.keys(names).map((name) => prefix + name));
    const inV2 = defined('#/definitions/', v2.definitions);
    expect(referencesIn(v2).filter((ref) => !inV2.has(ref))).toEqual([]);
    const v3 = v3Of('', 'v1');
    const inV3 = defined('#/components/schemas/', v3.components.schemas);
    expect(referencesIn(v3).filter((ref) => !inV3.has(ref))).toEqual([]);
  });

  it('give each operation an id of its own', () => {
    const ids = Object.values(v2.paths).flatMap((path) =>
      Object.values(path).flatMap((o) => ('operationId' in o ? [o.operationId as string] : [])),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('listCoreV1ConfigMapForAllNamespaces');
    expect(ids).toContain('createAuthorizationV1SelfSubjectAccessReview');
    expect(ids).toContain('replaceExampleComV1NamespacedWidgetStatus');
    expect(ids).toContain('deleteExampleComV1CollectionNamespacedWidget');
  });

  it('do not tell protobuf field numbers', () => {
    expect(keysIn(v2).has('wire')).toBe(false);
    expect(keysIn(v3Of('', 'v1')).has('wire')).toBe(false);
  });

  it('name kinds as Kubernetes does and mark them with group, version and kind', () => {
    expect(Object.keys(v2.definitions)).toEqual(
      expect.arrayContaining([
        'com.example.v1.Widget',
        'com.example.v1.WidgetList',
        'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
        'io.k8s.api.core.v1.ConfigMap',
        'io.k8s.api.core.v1.ConfigMapList',
      ]),
    );
    expect(v2.definitions['io.k8s.api.authorization.v1.SelfSubjectAccessReviewList']).toBeUndefined();
    expect(v3Of('example.com', 'v1').components.schemas['com.example.v1.WidgetList']).toMatchObject({
      required: ['items'],
      properties: { items: { type: 'array', items: { $ref: '#/components/schemas/com.example.v1.Widget' } } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'WidgetList' }],
    });
  });

  it('offer strategic merge patches for native kinds only', () => {
    const patch = (document: DocumentV2, path: string) => document.paths[path]!.patch!.consumes;
    expect(patch(v2, '/api/v1/namespaces/{namespace}/configmaps/{name}')).toContain(
      'application/strategic-merge-patch+json',
    );
    expect(patch(v2, '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}')).toEqual([
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ]);
    const operation = json(v3Of('', 'v1')).paths['/api/v1/namespaces/{namespace}/services/{name}'].patch;
    expect(Object.keys(operation.requestBody.content)).toContain('application/strategic-merge-patch+json');
    expect(operation.parameters.map((p: { name: string }) => p.name)).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
    ]);
    expect(operation['x-kubernetes-group-version-kind']).toEqual({ group: '', version: 'v1', kind: 'Service' });
  });

  it('keep merge keys', () => {
    const mergeKey = { 'x-kubernetes-patch-merge-key': 'port', 'x-kubernetes-patch-strategy': 'merge' };
    expect(json(v2).definitions['io.k8s.api.core.v1.Service'].properties.spec.properties.ports).toMatchObject(mergeKey);
    expect(
      json(v3Of('', 'v1')).components.schemas['io.k8s.api.core.v1.Service'].properties.spec.properties.ports,
    ).toMatchObject(mergeKey);
  });

  it('answer scale requests with the Scale kind', () => {
    const path = json(v3Of('example.com', 'v1')).paths[
      '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/scale'
    ];
    expect(path.put['x-kubernetes-group-version-kind']).toEqual({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
    expect(path.get.responses['200'].content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/io.k8s.api.autoscaling.v1.Scale',
    });
  });
});

describe('Swagger 2.0', () => {
  const spec = json(v2).definitions['com.example.v1.Widget'].properties.spec;

  it('has no junctors and no nullable', () => {
    for (const keyword of ['nullable', 'allOf', 'anyOf', 'oneOf', 'not'])
      expect(keysIn(v2.definitions).has(keyword)).toBe(false);
  });

  it('leaves the type of nullable fields of custom resources open and does not require them', () => {
    expect(spec.properties.color.type).toBeUndefined();
    expect(spec.required).toEqual(['size']);
  });

  it('does not list the fields of objects that may have others', () => {
    expect(spec.properties.open).toEqual({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(json(v2).definitions['com.example.v1alpha1.Widget']).toEqual({
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1alpha1', kind: 'Widget' }],
    });
  });

  it('describes fields that are integer or string', () => {
    expect(spec.properties.port).toEqual({ 'x-kubernetes-int-or-string': true });
    const port =
      json(v2).definitions['io.k8s.api.core.v1.Service'].properties.spec.properties.ports.items.properties.targetPort;
    expect(port).toMatchObject({ type: 'string', format: 'int-or-string' });
  });

  it('puts descriptions beside references', () => {
    expect(json(v2).definitions['io.k8s.api.core.v1.ConfigMap'].properties.metadata).toEqual({
      $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
      description: expect.stringContaining('metadata'),
    });
  });
});

describe('OpenAPI 3.0', () => {
  const document = json(v3Of('example.com', 'v1'));
  const widget = document.components.schemas['com.example.v1.Widget'];

  it('keeps the whole schema of custom resources', () => {
    const { properties, ...spec } = widget.properties.spec;
    expect(spec).toMatchObject({
      required: ['size', 'color'],
      'x-kubernetes-validations': [{ rule: 'self.size > 0' }],
    });
    expect(properties.color).toMatchObject({ type: 'string', nullable: true, enum: ['red', 'grün', null] });
    expect(properties.choice).toMatchObject({
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
      not: { required: ['c'] },
    });
    expect(properties.open.properties).toEqual({ known: { type: 'string' } });
    expect(properties.port).toEqual({
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    });
    expect(widget['x-kubernetes-selectable-fields']).toEqual([{ fieldPath: 'spec.color' }]);
  });

  it('wraps references that have a description', () => {
    expect(widget.properties.metadata.allOf).toEqual([
      { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    ]);
  });

  it('gives embedded resources their metadata', () => {
    expect(Object.keys(widget.properties.spec.properties.template.properties)).toEqual([
      'apiVersion',
      'kind',
      'metadata',
    ]);
  });

  it('holds one group version', () => {
    expect(Object.keys(document.paths).every((path) => path.startsWith('/apis/example.com/v1/'))).toBe(true);
    expect(document.components.schemas['com.example.v1alpha1.Widget']).toBeUndefined();
  });
});

describe('named schemas', () => {
  const leaf: Schema = { type: 'object', description: 'Here.', default: {}, properties: { a: { type: 'string' } } };
  const standIn: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema: Schema = { type: 'object', properties: { early: standIn, leaf } };
  const definitionNameOf: DefinitionNameOf = (s) => (s === leaf || s === standIn ? 'io.example.Leaf' : undefined);
  const built = (origin: 'builtin' | 'crd') => {
    const resource = fixtureResource({
      plural: 'trees',
      kind: 'Tree',
      group: 'example.com',
      origin,
      versions: { v1: { schema } },
    });
    return json(
      documentV2(
        discoverGroups(fixtureSurface('t', [resource]), () => []),
        { info, definitionNameOf },
      ),
    ).definitions;
  };

  it('become definitions, made from the full schema even when a stand-in comes first', () => {
    const definitions = built('builtin');
    expect(definitions['io.example.Leaf']).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
    expect(definitions['com.example.v1.Tree'].properties.leaf).toEqual({
      $ref: '#/definitions/io.example.Leaf',
      description: 'Here.',
      default: {},
    });
  });

  it('are written out in custom resources', () => {
    const definitions = built('crd');
    expect(definitions['io.example.Leaf']).toBeUndefined();
    expect(definitions['com.example.v1.Tree'].properties.leaf.properties).toEqual({ a: { type: 'string' } });
  });
});
