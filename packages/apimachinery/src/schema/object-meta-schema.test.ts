import { describe, expect, it } from 'vitest';
import { compileSchema } from './compile-schema.ts';
import {
  listMetaSchema,
  managedFieldsEntrySchema,
  objectMetaSchema,
  ownerReferenceSchema,
  withObjectMeta,
} from './object-meta-schema.ts';

describe('withObjectMeta', () => {
  it('adds what every object has and leaves the given schema alone', () => {
    const given = { properties: { spec: { type: 'string' as const } } };
    const schema = withObjectMeta(given);
    expect(Object.keys(schema.properties!)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(Object.keys(given.properties)).toEqual(['spec']);
    expect(
      compileSchema(schema).validate({
        apiVersion: 'v1',
        kind: 'A',
        metadata: { name: 'a', creationTimestamp: null },
        spec: 'x',
      }),
    ).toEqual([]);
  });

  it('checks the types of metadata', () => {
    const errors = compileSchema(withObjectMeta({})).validate({
      metadata: { labels: { a: 1 }, finalizers: 'x', creationTimestamp: 'yesterday' },
    });
    expect(errors.map((e) => e.field)).toEqual([
      'metadata.labels.a',
      'metadata.finalizers',
      'metadata.creationTimestamp',
    ]);
  });

  it('keeps restrictions of the name', () => {
    const schema = withObjectMeta({
      properties: { metadata: { type: 'object', properties: { name: { type: 'string', pattern: '^a' } } } },
    });
    const errors = compileSchema(schema).validate({ metadata: { name: 'b', labels: { x: 1 } } });
    expect(errors.map((e) => e.field)).toEqual(['metadata.name', 'metadata.labels.x']);
  });

  it.each(Object.entries({ objectMetaSchema, listMetaSchema, ownerReferenceSchema, managedFieldsEntrySchema }))(
    '%s numbers and describes every field',
    (_name, schema) => {
      const fields = Object.values(schema.properties!);
      expect(new Set(fields.map((f) => f.wire)).size).toBe(fields.length);
      expect(fields.every((f) => f.wire !== undefined && (f.description ?? '') !== '')).toBe(true);
    },
  );
});
