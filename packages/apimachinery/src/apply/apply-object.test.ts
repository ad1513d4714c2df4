import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../json.ts';
import type { JsonObject, KubeObject } from '../meta/object.ts';
import { isStatusError } from '../meta/status-error.ts';
import type { Schema } from '../schema/schema.ts';
import { type ApplyObjectOptions, applyObject } from './apply-object.ts';
import { updateManagedFields } from './update-managed-fields.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' }, weight: { type: 'integer' } } },
        },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

const words = fc.constantFrom('a', 'b', 'c', 'd');
const specs = fc.record(
  {
    size: fc.integer({ min: 0, max: 3 }),
    labels: fc.dictionary(words, words),
    tags: fc.uniqueArray(words),
    parts: fc.uniqueArray(fc.record({ name: words, weight: fc.integer({ min: 0, max: 2 }) }), {
      selector: (p) => p.name,
    }),
  },
  { requiredKeys: [] },
);

function thing(spec: object, metadata: object = {}): KubeObject {
  return { apiVersion: 'ex.io/v1', kind: 'Thing', metadata: { name: 'x', ...metadata }, spec };
}

const base = { schema, version: 'ex.io/v1', force: true, now: '2024-01-01T00:00:00Z' };

function apply(live: KubeObject | undefined, spec: object, more: Partial<ApplyObjectOptions> = {}): KubeObject {
  return applyObject({ ...base, manager: 'm', ...more, live, applied: thing(spec) }).object;
}

function spec(object: KubeObject): JsonObject {
  return object.spec as JsonObject;
}

describe('applyObject', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(specs, specs, (first, second) => {
        const live = apply(apply(undefined, first, { manager: 'other' }), second);
        expect(apply(live, second, { now: '2025-01-01T00:00:00Z', force: false })).toBe(live);
      }),
    );
  });

  it('ends where it began when the manager withdraws from an object that others own', () => {
    fc.assert(
      fc.property(specs, specs, (theirs, mine) => {
        const live = apply(undefined, theirs, { manager: 'other' });
        fc.pre(live.metadata.managedFields !== undefined);
        let applied: KubeObject;
        try {
          applied = apply(live, mine, { force: false });
        } catch (error) {
          if (isStatusError(error, 'Conflict')) return;
          throw error;
        }
        const after = apply(applied, {}, { now: '2025-01-01T00:00:00Z' });
        const owners = after.metadata.managedFields!.map((entry) => entry.manager);
        const emptied = (value: unknown): unknown =>
          JSON.parse(JSON.stringify(value, (_, v) => (v === null ? undefined : v)));
        for (const key of ['size', 'tags', 'parts'] as const) {
          if (theirs[key] !== undefined && !(Array.isArray(theirs[key]) && theirs[key].length === 0)) {
            const sort = (v: unknown): unknown => (Array.isArray(v) ? v.map((i) => JSON.stringify(i)).sort() : v);
            expect(sort(emptied(spec(after)[key]))).toEqual(sort(theirs[key]));
          }
        }
        expect(owners).toContain('other');
      }),
    );
  });

  it('has every configured value in the object', () => {
    fc.assert(
      fc.property(specs, specs, (theirs, mine) => {
        const result = spec(apply(apply(undefined, theirs, { manager: 'other' }), mine));
        expect(result).toMatchObject(mine.labels === undefined ? {} : { labels: mine.labels });
        if (mine.size !== undefined) expect(result.size).toBe(mine.size);
        for (const tag of mine.tags ?? []) expect(result.tags).toContain(tag);
        for (const part of mine.parts ?? []) expect(result.parts).toContainEqual(part);
      }),
    );
  });

  it('refuses another version and another kind', () => {
    const live = apply(undefined, {});
    const other = { ...thing({}), kind: 'Other' };
    expect(() => applyObject({ ...base, manager: 'm', live, applied: other })).toThrow(
      'invalid object type: ex.io/v1, Kind=Other',
    );
    const old = { ...thing({}), apiVersion: 'ex.io/v2' };
    expect(() => applyObject({ ...base, manager: 'm', live, applied: old })).toThrow(
      'invalid object type: ex.io/v2, Kind=Thing',
    );
  });

  it('does not own what a new object of the kind has anyway', () => {
    const managed = (emptyObject?: JsonObject) =>
      updateManagedFields({ ...base, manager: 'm', live: undefined, updated: thing({ size: 1 }), emptyObject })[0]!
        .fieldsV1;
    expect(managed()).toEqual({ 'f:spec': { '.': {}, 'f:size': {} } });
    expect(managed({ spec: {}, status: {} })).toEqual({ 'f:spec': { 'f:size': {} } });
  });
});

describe('integers that a double cannot hold', () => {
  it('are told apart as items and shown in full', () => {
    const ids: Schema = { type: 'array', items: { type: 'integer' }, 'x-kubernetes-list-type': 'set' };
    const big: Schema = { type: 'object', properties: { spec: { type: 'object', properties: { ids } } } };
    const text = '{"ids":[9007199254740993,9007199254740992]}';
    const live = apply(undefined, parseJson(text) as object, { schema: big });
    expect(JSON.stringify(live.spec)).toBe(text);
    expect(live.metadata.managedFields![0]!.fieldsV1).toEqual({
      'f:spec': { 'f:ids': { 'v:9007199254740992': {}, 'v:9007199254740993': {} } },
    });
    const fewer = apply(live, parseJson('{"ids":[9007199254740993]}') as object, { schema: big });
    expect(JSON.stringify(fewer.spec)).toBe('{"ids":[9007199254740993]}');
  });
});

describe('entries in other versions', () => {
  /** v2 says `amount` where v1 says `size`. */
  const v2: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { amount: { type: 'integer' }, labels: schema.properties!.spec!.properties!.labels! },
      },
    },
  };
  const convert = (from: string, to: string, apiVersion: string) => (object: JsonObject) => {
    const { [from]: value, ...rest } = (object.spec ?? {}) as JsonObject;
    return { ...object, apiVersion, spec: value === undefined ? rest : { ...rest, [to]: value } };
  };
  const otherVersion = (apiVersion: string) => {
    if (apiVersion === 'ex.io/v2') return { schema: v2, convert: convert('size', 'amount', apiVersion) };
    if (apiVersion === 'ex.io/v1') return { schema, convert: convert('amount', 'size', apiVersion) };
    return undefined;
  };
  const entry = (apiVersion: string, field: string) => ({
    manager: 'old',
    operation: 'Apply' as const,
    apiVersion,
    fieldsType: 'FieldsV1' as const,
    fieldsV1: { 'f:spec': { [field]: {} } },
  });
  const live = (apiVersion: string, field: string) =>
    thing({ size: 1 }, { uid: 'u', managedFields: [entry(apiVersion, field)] });

  it('lose what changes under another name', () => {
    const before = live('ex.io/v2', 'f:amount');
    const updated = { ...before, spec: { size: 2 } };
    const entries = updateManagedFields({ ...base, manager: 'm', live: before, updated, otherVersion });
    expect(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
      ['m', { 'f:spec': { 'f:size': {} } }],
    ]);
  });

  it('conflict under another name', () => {
    const options = { manager: 'm', otherVersion, force: false };
    expect(() => apply(live('ex.io/v2', 'f:amount'), { size: 3 }, options)).toThrow(
      'Apply failed with 1 conflict: conflict with "old": .spec.amount',
    );
  });

  it('are pruned under another name', () => {
    const result = apply(live('ex.io/v2', 'f:amount'), { labels: { a: '1' } }, { manager: 'old', otherVersion });
    expect(result.spec).toEqual({ labels: { a: '1' } });
  });

  it('vanish if their version is not served any more', () => {
    const before = live('ex.io/v0', 'f:size');
    const updated = { ...before, spec: { size: 1, labels: { a: '1' } } };
    const managers = updateManagedFields({ ...base, manager: 'm', live: before, updated, otherVersion }).map(
      (e) => e.manager,
    );
    expect(managers).toEqual(['m']);
  });
});

describe('a schema that has become atomic', () => {
  it('makes owners of parts owners of the whole', () => {
    const live = apply(undefined, { labels: { a: '1' } });
    const labels: Schema = {
      type: 'object',
      additionalProperties: { type: 'string' },
      'x-kubernetes-map-type': 'atomic',
    };
    const atomic: Schema = { type: 'object', properties: { spec: { type: 'object', properties: { labels } } } };
    const options = { manager: 'n', schema: atomic, force: false };
    expect(() => apply(live, { labels: { b: '1' } }, options)).toThrow('conflict with "m": .spec.labels');
    expect(apply(live, { labels: { b: '1' } }, { ...options, manager: 'm' }).spec).toEqual({ labels: { b: '1' } });
  });
});
