import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../meta/object.ts';
import { validateFieldManager, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

const namespaced = { namespaced: true } as const;
const valid: ObjectMeta = {
  name: 'a',
  namespace: 'n',
  resourceVersion: '1',
  uid: 'u',
  creationTimestamp: '2026-01-01T00:00:00Z',
};

const texts = (meta: ObjectMeta, rules: Parameters<typeof validateObjectMeta>[1] = namespaced): string[] =>
  validateObjectMeta(meta, rules).map((e) => `${e.field}: ${e.message}`);
const fields = (meta: ObjectMeta): string[] =>
  validateObjectMeta({ ...valid, ...meta }, namespaced).map((e) => e.field);

describe('validateObjectMeta', () => {
  it('accepts what is fine', () => {
    const meta: ObjectMeta = {
      ...valid,
      labels: { 'a.b/c': 'x', d: '' },
      annotations: { 'A.B/C': 'any text' },
      finalizers: ['example.com/done', 'orphan'],
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'A', name: 'a', uid: '1', controller: true }],
      managedFields: [{ manager: 'kubectl', operation: 'Apply', fieldsType: 'FieldsV1' }],
    };
    expect(texts(meta)).toEqual([]);
  });

  it('wants a name, and a namespace where there are namespaces', () => {
    expect(texts({})).toEqual([
      'metadata.name: Required value: name or generateName is required',
      'metadata.namespace: Required value',
    ]);
    expect(texts(valid, { namespaced: false })).toEqual(['metadata.namespace: Forbidden: not allowed on this type']);
  });

  it('applies the name rule of the kind, also to the prefix of generated names', () => {
    expect(texts({ ...valid, name: 'a.b' }, { namespaced: true, nameValidation: 'DNS1123Label' })).toEqual([
      'metadata.name: Invalid value: "a.b": must not contain dots',
    ]);
    expect(texts({ ...valid, name: 'A:b' }, { namespaced: true, nameValidation: 'PathSegmentName' })).toEqual([]);
    expect(fields({ generateName: 'a-' })).toEqual([]);
    expect(fields({ generateName: '-a' })).toEqual(['metadata.generateName']);
  });

  it('checks labels, annotations and their size', () => {
    expect(fields({ labels: { 'a b': 'x', c: '-' } })).toEqual(['metadata.labels', 'metadata.labels']);
    expect(fields({ annotations: { 'a b': 'x' } })).toEqual(['metadata.annotations']);
    expect(fields({ annotations: { a: 'x'.repeat(256 * 1024 - 1) } })).toEqual([]);
    expect(texts({ ...valid, annotations: { a: 'é'.repeat(128 * 1024) } })).toEqual([
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ]);
  });

  it('checks owners one by one and together', () => {
    const owner = { apiVersion: 'v1', kind: 'A', name: 'a', uid: '1', controller: true };
    expect(fields({ ownerReferences: [{ apiVersion: 'a/b/c', kind: '', name: '', uid: '' }] })).toEqual([
      'metadata.ownerReferences[0].apiVersion',
      'metadata.ownerReferences[0].kind',
      'metadata.ownerReferences[0].name',
      'metadata.ownerReferences[0].uid',
    ]);
    expect(texts({ ...valid, ownerReferences: [owner, { ...owner, name: 'b' }] })[0]).toContain(
      'Only one reference can have Controller set to true. Found "true" in references for A/a and A/b',
    );
    expect(texts({ ...valid, ownerReferences: [{ ...owner, kind: 'Event' }] })[0]).toContain(
      '/v1, Kind=Event is disallowed from being an owner',
    );
  });

  it('does not let both ways of deleting dependents be asked for', () => {
    expect(texts({ ...valid, finalizers: ['orphan', 'foregroundDeletion'] })).toEqual([
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ]);
    expect(fields({ finalizers: ['not a name'] })).toEqual(['metadata.finalizers']);
  });

  it('checks managed fields', () => {
    expect(
      fields({
        managedFields: [
          {},
          { operation: 'Delete' as 'Apply' },
          { operation: 'Apply', fieldsType: 'V2' as 'FieldsV1', subresource: 'x'.repeat(257) },
        ],
      }),
    ).toEqual([
      'metadata.managedFields[0].operation',
      'metadata.managedFields[1].operation',
      'metadata.managedFields[2].fieldsType',
      'metadata.managedFields[2].subresource',
    ]);
    expect(validateFieldManager('a\nb', 'fieldManager').map((e) => e.message)).toEqual([
      'Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ]);
    expect(validateFieldManager('é b', 'fieldManager')).toEqual([]);
    expect(validateFieldManager('x'.repeat(129), 'fieldManager').map((e) => e.reason)).toEqual(['FieldValueTooLong']);
  });
});

describe('validateObjectMetaUpdate', () => {
  const update = (change: ObjectMeta, old: ObjectMeta = {}): string[] =>
    validateObjectMetaUpdate({ ...valid, ...change }, { ...valid, ...old }).map((e) => `${e.field}: ${e.message}`);

  it('lets labels change and times be written another way', () => {
    expect(update({ labels: { a: 'b' }, creationTimestamp: '2026-01-01T01:00:00+01:00' })).toEqual([]);
  });

  it.each<[keyof ObjectMeta, unknown]>([
    ['name', 'b'],
    ['namespace', 'm'],
    ['uid', 'v'],
    ['creationTimestamp', '2026-01-01T00:00:01Z'],
    ['deletionTimestamp', '2026-01-01T00:00:01Z'],
    ['deletionGracePeriodSeconds', 5],
  ])('does not let %s change', (field, value) => {
    expect(update({ [field]: value })).toEqual([
      `metadata.${field}: Invalid value: ${JSON.stringify(value)}: field is immutable`,
    ]);
  });

  it('wants a resource version and a generation that does not fall', () => {
    expect(update({ resourceVersion: '' })).toEqual([
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    ]);
    expect(update({ generation: 1 }, { generation: 2 })).toEqual([
      'metadata.generation: Invalid value: 1: must not be decremented',
    ]);
  });

  it('lets finalizers go but not come while the object is being deleted', () => {
    const deleted = { deletionTimestamp: '2026-01-02T00:00:00Z' };
    expect(update({ ...deleted, finalizers: ['x'] }, { ...deleted, finalizers: ['x', 'y'] })).toEqual([]);
    expect(update({ ...deleted, finalizers: ['x', 'z'] }, { ...deleted, finalizers: ['x'] })).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"z"}',
    ]);
    expect(update({ finalizers: ['x'] })).toEqual([]);
  });

  it('judges labels only when they change', () => {
    expect(update({ labels: { 'a b': 'x' } }, { labels: { 'a b': 'x' } })).toEqual([]);
    expect(update({ labels: { 'a b': 'y' } }, { labels: { 'a b': 'x' } })).toHaveLength(1);
  });
});
