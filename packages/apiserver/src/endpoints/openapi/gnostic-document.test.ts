import { describe, expect, it } from 'vitest';
import { discoverGroups } from '../discovery/discovered-resource.ts';
import { documentV2 } from './document-v2.ts';
import { encodeGnostic } from './gnostic-document.ts';
import { entryOf, readMessage, valueAt } from './testing/protobuf-reader.ts';
import { fixtureSurface, mixedResources } from './testing/surface-fixture.ts';

const groups = discoverGroups(fixtureSurface('mixed', mixedResources), () => []);
const document = documentV2(groups, { info: { title: 'Test', version: 'v1' }, definitionNameOf: () => undefined });
const bytes = encodeGnostic(document);
const definitions = valueAt(bytes, [9]) as Buffer;
const definition = (name: string): Buffer => entryOf(definitions, 1, name)!;
const property = (schema: Buffer, ...path: string[]): Buffer =>
  path.reduce((current, name) => entryOf(valueAt(current, [25]) as Buffer, 1, name)!, schema);
const text = (value: unknown): string => String(value);

describe('encodeGnostic', () => {
  it('starts with the Swagger version and the title', () => {
    expect(text(valueAt(bytes, [1]))).toBe('2.0');
    expect(text(valueAt(bytes, [2, 1]))).toBe('Test');
  });

  it('has every definition and every path of the document', () => {
    const names = readMessage(definitions).map((f) => text(valueAt(f.value as Buffer, [1])));
    expect(names).toEqual(Object.keys(document.definitions));
    const paths = readMessage(valueAt(bytes, [8]) as Buffer).map((f) => text(valueAt(f.value as Buffer, [1])));
    expect(paths).toEqual(Object.keys(document.paths));
  });

  it('carries vendor extensions as YAML', () => {
    const extension = entryOf(definition('com.example.v1.Widget'), 31, 'x-kubernetes-group-version-kind')!;
    expect(text(valueAt(extension, [2]))).toBe('[{"group":"example.com","version":"v1","kind":"Widget"}]\n');
    const ports = property(definition('io.k8s.api.core.v1.Service'), 'spec', 'ports');
    expect(text(valueAt(entryOf(ports, 31, 'x-kubernetes-patch-merge-key')!, [2]))).toBe('"port"\n');
  });

  it('carries the keywords of schemas', () => {
    const spec = property(definition('com.example.v1.Widget'), 'spec');
    const size = property(spec, 'size');
    expect(text(valueAt(size, [22, 1]))).toBe('integer');
    expect(valueAt(size, [9])).toBe(-5);
    expect(valueAt(size, [7])).toBe(10.5);
    expect(valueAt(size, [10])).toBe(1n);
    expect(text(valueAt(size, [5, 2]))).toBe('0\n');
    expect(text(valueAt(property(spec, 'color'), [20, 2]))).toBe('"red"\n');
    expect(text(valueAt(property(spec, 'labels'), [21, 1, 13]))).toBe('^[a-z]+$');
    expect(valueAt(property(spec, 'list'), [14])).toBe(3n);
    const item = valueAt(property(spec, 'list'), [23, 1]) as Buffer;
    expect(text(valueAt(property(item, 'a'), [5, 2]))).toBe('false\n');
    expect(
      readMessage(spec)
        .filter((f) => f.field === 19)
        .map((f) => text(f.value)),
    ).toEqual(['size']);
  });

  it('carries references', () => {
    const metadata = property(definition('io.k8s.api.core.v1.ConfigMap'), 'metadata');
    expect(text(valueAt(metadata, [1]))).toBe('#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  });

  it('carries operations with their parameters', () => {
    const path = entryOf(valueAt(bytes, [8]) as Buffer, 2, '/api/v1/namespaces/{namespace}/configmaps/{name}')!;
    const patch = valueAt(path, [8]) as Buffer;
    expect(text(valueAt(patch, [5]))).toBe('patchCoreV1NamespacedConfigMap');
    const parameters = readMessage(patch)
      .filter((f) => f.field === 8)
      .map((f) => f.value as Buffer);
    expect(text(valueAt(parameters[0]!, [1, 1, 2]))).toBe('body');
    expect(parameters.slice(1).map((p) => text(valueAt(p, [1, 2, 3, 4])))).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
    ]);
    const variables = readMessage(path)
      .filter((f) => f.field === 9)
      .map((f) => f.value as Buffer);
    expect(text(valueAt(variables[0]!, [1, 2, 4, 4]))).toBe('namespace');
    expect(text(valueAt(entryOf(patch, 13, 'x-kubernetes-action')!, [2]))).toBe('"patch"\n');
  });
});
