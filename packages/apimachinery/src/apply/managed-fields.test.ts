import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject, ManagedFieldsEntry } from '../meta/object.ts';
import { isStatusError, type StatusCause } from '../meta/status-error.ts';
import type { Schema } from '../schema/schema.ts';
import { applyObject } from './apply-object.ts';
import { type FieldSet, fieldPaths, union } from './field-set.ts';
import { mergeTypeOfObject } from './merge-type.ts';
import { updateManagedFields } from './update-managed-fields.ts';
import { wholeSet } from './value-to-set.ts';

interface Step {
  do: 'apply' | 'update';
  manager: string;
  force?: boolean;
  subresource?: string;
  resetFields?: FieldSet;
  now: string;
  object: KubeObject;
  expected?: KubeObject;
  error?: string;
  code?: number;
  reason?: string;
  causes?: StatusCause[];
}

interface Golden {
  schema: Schema;
  scenarios: { name: string; live?: KubeObject; steps: Step[] }[];
}

/** Recorded from k8s.io/apimachinery 0.37 managedfields, which stands on structured-merge-diff 6.4. */
const golden = JSON.parse(readFileSync(new URL('testdata/managed-fields.json', import.meta.url), 'utf8')) as Golden;

function run(live: KubeObject | undefined, step: Step): KubeObject {
  const options = { live, schema: golden.schema, version: 'ex.io/v1', ...step };
  if (step.do === 'apply') return applyObject({ force: false, ...options, applied: step.object }).object;
  const managedFields = updateManagedFields({ ...options, updated: step.object });
  const metadata = { ...step.object.metadata };
  delete metadata.managedFields;
  if (managedFields.length > 0) metadata.managedFields = managedFields;
  return { ...step.object, metadata };
}

function withoutUid(object: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  delete metadata.uid;
  return { ...object, metadata };
}

/** FieldsV1 with the order of its keys. */
function texts(entries: readonly ManagedFieldsEntry[] | undefined): string[] {
  return (entries ?? []).map((entry) => JSON.stringify(entry.fieldsV1));
}

function checkFailure(live: KubeObject | undefined, step: Step): void {
  let failure: unknown;
  try {
    run(live, step);
  } catch (error) {
    failure = error;
  }
  if (!isStatusError(failure)) throw failure ?? new Error('nothing was thrown');
  expect(failure.message).toBe(step.error);
  if (step.code !== undefined)
    expect({ code: failure.code, reason: failure.reason }).toEqual({ code: step.code, reason: step.reason });
  if (step.causes !== undefined) {
    const actual = failure.details?.causes?.toSorted((a, b) => (a.message! < b.message! ? -1 : 1));
    expect(actual).toEqual(step.causes);
  }
}

describe('managed fields', () => {
  for (const scenario of golden.scenarios) {
    it(scenario.name, () => {
      let live = scenario.live;
      for (const step of scenario.steps) {
        const before = structuredClone({ live, object: step.object });
        if (step.error !== undefined) {
          checkFailure(live, step);
        } else {
          const result = run(live, step);
          expect(withoutUid(result)).toEqual(step.expected);
          expect(texts(result.metadata.managedFields)).toEqual(texts(step.expected!.metadata.managedFields));
          expect({ live, object: step.object }).toEqual(before);
          live = { ...result, metadata: { ...result.metadata, uid: 'u' } };
        }
      }
    });
  }
});

describe('updates from the creation on', () => {
  const words = fc.constantFrom('a', 'b', 'c');
  const specs = fc.record(
    {
      replicas: fc.integer({ min: 0, max: 2 }),
      labels: fc.dictionary(words, words),
      tags: fc.uniqueArray(words),
      args: fc.array(words),
      containers: fc.uniqueArray(fc.record({ name: words, image: words }), { selector: (container) => container.name }),
      nested: fc.record({ deep: fc.record({ x: words }, { requiredKeys: [] }) }, { requiredKeys: [] }),
      any: fc.jsonValue({ maxDepth: 2 }),
    },
    { requiredKeys: [] },
  );
  const writes = fc.array(fc.record({ manager: words, spec: specs }), { minLength: 1, maxLength: 6 });

  it('leave every field that is there to exactly one manager', () => {
    fc.assert(
      fc.property(writes, (list) => {
        let live: KubeObject | undefined;
        for (const { manager, spec } of list) {
          const updated: KubeObject = { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'x', uid: 'u' }, spec };
          const options = { schema: golden.schema, version: 'ex.io/v1', now: '2024-01-01T00:00:00Z' };
          const managedFields = updateManagedFields({ ...options, live, updated, manager });
          live = { ...updated, metadata: { ...updated.metadata, managedFields } };
        }
        const sets = live!.metadata.managedFields!.map((entry) => entry.fieldsV1 as FieldSet);
        const { spec } = live!;
        const all = wholeSet(mergeTypeOfObject(golden.schema), { spec } as JsonObject);
        expect(sets.reduce(union)).toEqual(all);
        expect(sets.flatMap(fieldPaths)).toHaveLength(fieldPaths(all).length);
      }),
    );
  });
});
