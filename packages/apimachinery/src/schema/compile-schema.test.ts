import { describe, expect, it } from 'vitest';
import type { FieldError } from '../meta/field-error.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { answer, golden } from '../testdata/golden.ts';
import { compileSchema } from './compile-schema.ts';
import { unknownFieldMessage } from './compiled-schema.ts';
import { formatCheckOf } from './formats/formats.ts';
import type { Schema } from './schema.ts';
import { validateStructural } from './structural-schema.ts';

const cases = golden('schemas.json');

const texts = (errors: readonly FieldError[]): string[] => errors.map((e) => `${e.field}: ${e.message}`);
const sorted = (value: unknown): unknown => (Array.isArray(value) ? value.toSorted() : value);

describe('compileSchema', () => {
  it.each(cases.validate!)('finds the errors that Kubernetes finds: $args', ({ args, want }) => {
    const found = answer(() => texts(compileSchema(JSON.parse(args[0]!)).validate(JSON.parse(args[1]!))));
    expect(sorted(found)).toEqual(sorted(want));
  });

  it.each(cases.prune!)('prunes what Kubernetes prunes: $args', ({ args, want }) => {
    const schema = compileSchema(JSON.parse(args[0]!));
    const value = JSON.parse(args[1]!) as JsonObject;
    const { paths, value: pruned } = want as { paths: string[] | null; value: unknown };
    expect(schema.findUnknownFields(value)).toEqual(paths ?? []);
    expect(value).toEqual(JSON.parse(args[1]!));
    expect(schema.prune(value)).toEqual(paths ?? []);
    expect(value).toEqual(pruned);
    expect(schema.prune(value)).toEqual([]);
  });

  it.each(cases.applyDefaults!)('fills in what Kubernetes fills in: $args', ({ args, want }) => {
    const value = JSON.parse(args[1]!) as JsonObject;
    compileSchema(JSON.parse(args[0]!)).applyDefaults(value);
    expect(value).toEqual(want);
  });

  it.each(golden('formats.json').formats!)('knows the format $args', ({ args, want }) => {
    expect(formatCheckOf(args[0]!)?.(args[1]!)).toBe(want);
  });

  it('copies defaults, so that objects do not share them', () => {
    const schema = compileSchema({ type: 'object', properties: { a: { type: 'object', default: { b: [] } } } });
    const [first, second]: [JsonObject, JsonObject] = [{}, {}];
    schema.applyDefaults(first);
    ((first.a as JsonObject).b as JsonValue[]).push(1);
    schema.applyDefaults(second);
    expect(second).toEqual({ a: { b: [] } });
  });

  it('stops after the given number of errors', () => {
    const schema = compileSchema({ type: 'array', items: { type: 'string' } });
    const value = Array.from({ length: 1000 }, (_, i) => i);
    expect(schema.validate(value, { maxErrors: 3 })).toHaveLength(3);
    expect(schema.validate(value)).toHaveLength(100);
  });

  it('reports below the given root', () => {
    const schema = compileSchema({ type: 'object', properties: { a: { type: 'string' } } });
    expect(texts(schema.validate({ a: 1 }, { root: 'spec.x' }))).toEqual([
      'spec.x.a: Invalid value: "integer": spec.x.a in body must be of type string: "integer"',
    ]);
  });

  it('takes no time on patterns that explode elsewhere', () => {
    const schema = compileSchema({ type: 'string', pattern: '^(a+)+$' });
    expect(schema.validate(`${'a'.repeat(5000)}b`)).toHaveLength(1);
  });

  it('takes big integers for integers', () => {
    const schema = compileSchema({ type: 'integer', format: 'int64', maximum: 10, multipleOf: 2 });
    expect(texts(schema.validate(9007199254740993n))).toEqual([
      '<nil>: Invalid value: 9007199254740993:  in body should be a multiple of 2',
      '<nil>: Invalid value: 9007199254740993:  in body should be less than or equal to 10',
    ]);
  });

  it('is not misled by names that every object inherits', () => {
    const schema = compileSchema({ type: 'object', properties: { a: {} }, required: ['constructor', 'toString'] });
    expect(schema.validate({})).toHaveLength(2);
    expect(schema.prune(JSON.parse('{"__proto__":{"x":1},"constructor":1}'), { isResourceRoot: false })).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  it('keeps the known fields of metadata, also of embedded resources', () => {
    const embedded: Schema = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    };
    const schema = compileSchema({
      type: 'object',
      properties: { spec: { type: 'object', properties: { t: embedded } } },
    });
    const meta = (): JsonObject => ({
      name: 'a',
      labels: { x: 'y' },
      foo: 1,
      managedFields: [{ fieldsV1: { 'f:a': {} }, bar: 1 }],
    });
    const value = {
      apiVersion: 'v1',
      kind: 'A',
      metadata: meta(),
      spec: { t: { apiVersion: 'v1', kind: 'B', metadata: meta(), any: 1 } },
    };
    expect(schema.prune(value)).toEqual([
      'metadata.foo',
      'metadata.managedFields[0].bar',
      'spec.t.metadata.foo',
      'spec.t.metadata.managedFields[0].bar',
    ]);
    expect(value.spec.t.any).toBe(1);
  });

  it('holds embedded resources to the rules of API objects', () => {
    const schema = compileSchema({
      type: 'object',
      properties: { t: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: {} } },
    });
    const check = (t: unknown): string[] => texts(schema.validate({ t }));
    expect(check({})).toEqual(['t.apiVersion: Required value', 't.kind: Required value']);
    expect(check({ apiVersion: 'a/b/c', kind: '' })).toEqual([
      't.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      't.kind: Invalid value: "": must not be empty',
    ]);
    expect(check({ apiVersion: 'v1', kind: 'A', metadata: { name: 'x/y', labels: { a: 1 } } })).toEqual([
      't.metadata.labels.a: Invalid value: "integer": t.metadata.labels.a in body must be of type string: "integer"',
    ]);
    expect(check({ apiVersion: 'v1', kind: 'A', metadata: { name: 'x/y' } })).toEqual([
      't.metadata.name: Invalid value: "x/y": may not contain \'/\'',
    ]);
    expect(check({ apiVersion: 'v1', kind: 'A', metadata: { namespace: 'n', creationTimestamp: null } })).toEqual([]);
  });

  it('words unknown fields', () => {
    expect(unknownFieldMessage('spec.a[0].b')).toBe('unknown field "spec.a[0].b"');
  });

  it('shows where rules are, and which of them look at the old object', () => {
    const rules = (...list: string[]): Schema => ({
      type: 'string',
      'x-kubernetes-validations': list.map((rule) => ({ rule })),
    });
    const { root } = compileSchema({
      type: 'object',
      properties: {
        a: rules('self == oldSelf', '"oldSelf" == self', 'self.oldSelf > 1', "self == 'it\\'s oldSelf'"),
        b: { type: 'array', items: rules('self != ""') },
      },
      additionalProperties: { type: 'string', default: 'x' },
    });
    expect(root.property('a')?.validations.map((r) => r.isTransitionRule)).toEqual([true, false, false, false]);
    expect([root.hasValidations, root.hasTransitionRules, root.hasDefaults]).toEqual([true, true, true]);
    const list = root.property('b');
    expect([
      list?.hasValidations,
      list?.hasTransitionRules,
      list?.hasDefaults,
      list?.items?.validations.length,
    ]).toEqual([true, false, false, 1]);
    expect(root.property('toString')).toBeUndefined();
    expect(root.propertyNames()).toEqual(['a', 'b']);
    expect(root.additionalProperties?.schema.default).toBe('x');
  });
});

describe('validateStructural', () => {
  it.each(cases.structural!)('finds the errors of structure that Kubernetes finds: $args', ({ args, want }) => {
    expect(texts(validateStructural(JSON.parse(args[0]!)))).toEqual(want);
  });

  const properties = (a: object): Schema => ({ type: 'object', properties: { a: a as Schema } });

  it.each<[string, Schema, string[]]>([
    ['a valid schema', properties({ type: 'string', default: 'x' }), []],
    [
      'a default of the wrong type',
      properties({ type: 'string', default: 1 }),
      ['properties[a].default FieldValueTypeInvalid'],
    ],
    [
      'a default with unknown fields',
      properties({ type: 'object', default: { b: 1 } }),
      ['properties[a].default FieldValueInvalid'],
    ],
    ['a reference', properties({ type: 'string', $ref: '#/x' }), ['properties[a].$ref FieldValueForbidden']],
    ['definitions', { type: 'object', definitions: {} } as Schema, ['definitions FieldValueForbidden']],
    ['an unknown extension', properties({ type: 'string', 'x-foo': 1 }), ['properties[a].x-foo FieldValueForbidden']],
    [
      'uniqueItems',
      properties({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
      ['properties[a].uniqueItems FieldValueForbidden'],
    ],
    [
      'properties beside additionalProperties',
      properties({ type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } }),
      ['properties[a].additionalProperties FieldValueForbidden'],
    ],
    ['an unknown type', properties({ type: 'text' }), ['properties[a].type FieldValueNotSupported']],
    ['nullable at the root', { type: 'object', nullable: true }, ['nullable FieldValueForbidden']],
    [
      'preserve false',
      properties({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
      ['properties[a].x-kubernetes-preserve-unknown-fields FieldValueInvalid'],
    ],
    [
      'a default in metadata',
      {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { name: { type: 'string', default: 'x' } } } },
      },
      ['properties[metadata].properties[name].default FieldValueForbidden'],
    ],
    [
      'a rule without text',
      properties({ type: 'string', 'x-kubernetes-validations': [{ rule: ' ' }] }),
      ['properties[a].x-kubernetes-validations[0].rule FieldValueRequired'],
    ],
    [
      'a rule of two lines without message',
      properties({ type: 'string', 'x-kubernetes-validations': [{ rule: 'a\nb' }] }),
      ['properties[a].x-kubernetes-validations[0].message FieldValueRequired'],
    ],
    ['a bad pattern', properties({ type: 'string', pattern: '(' }), ['properties[a].pattern FieldValueInvalid']],
  ])('judges %s', (_name, schema, expected) => {
    expect(validateStructural(schema).map((e) => `${e.field} ${e.reason}`)).toEqual(expected);
  });

  const list = (more: object, items: object = {}): Schema =>
    properties({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' } }, required: ['k'], ...items },
      ...more,
    });

  it.each<[string, Schema, string[]]>([
    ['a list with required keys', list({}), []],
    ['keys with defaults', list({}, { required: [], properties: { k: { type: 'string', default: 'x' } } }), []],
    [
      'keys that may be absent',
      list({}, { required: [] }),
      ['properties[a].items.properties[k].default FieldValueRequired'],
    ],
    [
      'no keys',
      list({ 'x-kubernetes-list-map-keys': [] }),
      ['properties[a].x-kubernetes-list-map-keys FieldValueRequired'],
    ],
    [
      'keys twice',
      list({ 'x-kubernetes-list-map-keys': ['k', 'k'] }),
      ['properties[a].x-kubernetes-list-map-keys FieldValueInvalid'],
    ],
    [
      'keys that are no properties',
      list({ 'x-kubernetes-list-map-keys': ['z'] }),
      ['properties[a].x-kubernetes-list-map-keys FieldValueInvalid'],
    ],
    [
      'keys that are objects',
      list({}, { properties: { k: { type: 'object' } } }),
      ['properties[a].items.properties[k].type FieldValueInvalid'],
    ],
    [
      'nullable keys',
      list({}, { properties: { k: { type: 'string', nullable: true } } }),
      ['properties[a].items.properties[k].nullable FieldValueForbidden'],
    ],
    ['nullable items', list({}, { nullable: true }), ['properties[a].items.nullable FieldValueForbidden']],
    [
      'scalar items',
      properties({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'string' },
      }),
      ['properties[a].items.type FieldValueInvalid'],
    ],
    [
      'keys of a set',
      list({ 'x-kubernetes-list-type': 'set' }),
      [
        'properties[a].items.x-kubernetes-map-type FieldValueInvalid',
        'properties[a].x-kubernetes-list-type FieldValueInvalid',
      ],
    ],
    [
      'an unknown list type',
      properties({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' }),
      ['properties[a].x-kubernetes-list-type FieldValueNotSupported'],
    ],
    [
      'a list type of an object',
      properties({ type: 'object', 'x-kubernetes-list-type': 'atomic' }),
      ['properties[a].type FieldValueInvalid'],
    ],
    [
      'a map type of an array',
      properties({ type: 'array', items: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' }),
      ['properties[a].type FieldValueInvalid'],
    ],
  ])('judges lists: %s', (_name, schema, expected) => {
    expect(validateStructural(schema).map((e) => `${e.field} ${e.reason}`)).toEqual(expected);
  });

  it('puts the root before paths and lets extensions through if asked to', () => {
    const schema = properties({ 'x-foo': 1 });
    expect(
      validateStructural(schema, { root: 'spec.schema', allowUnknownExtensions: true }).map((e) => e.field),
    ).toEqual(['spec.schema.properties[a].type']);
  });
});
