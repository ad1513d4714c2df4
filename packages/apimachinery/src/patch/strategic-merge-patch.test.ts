import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../meta/object.ts';
import type { Schema } from '../schema/schema.ts';
import { StrategicMergePatchError, type StrategicMergePatchErrorKind } from './strategic-merge-meta.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const item: Schema = { type: 'object', properties: { name: { type: 'string' }, value: { type: 'integer' } } };
const schema: Schema = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: item,
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    },
    names: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    byName: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
  },
};

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
const items = names.chain((list) =>
  fc.tuple(...list.map((name) => fc.integer({ min: 0, max: 2 }).map((value) => ({ name, value })))),
);

function kindOfFailure(document: JsonObject, patch: JsonObject): StrategicMergePatchErrorKind | undefined {
  try {
    applyStrategicMergePatch(document, patch, schema);
  } catch (error) {
    if (error instanceof StrategicMergePatchError) return error.kind;
    throw error;
  }
  return undefined;
}

describe('applyStrategicMergePatch', () => {
  it('makes no difference the second time', () => {
    fc.assert(
      fc.property(items, items, names, names, (a, b, c, d) => {
        const once = applyStrategicMergePatch({ items: a, names: c }, { items: b, names: d }, schema);
        expect(applyStrategicMergePatch(once, { items: b, names: d }, schema)).toEqual(once);
      }),
    );
  });

  it('keeps the items of both sides once, those of the patch in its order', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const result = applyStrategicMergePatch({ items: a }, { items: b }, schema).items as { name: string }[];
        const merged = result.map((entry) => entry.name);
        expect(merged.toSorted()).toEqual([...new Set([...a, ...b].map((entry) => entry.name))].toSorted());
        const named: string[] = b.map((entry) => entry.name);
        expect(merged.filter((name) => named.includes(name))).toEqual(named);
      }),
    );
  });

  it('leaves exactly the named items if all others are deleted', () => {
    fc.assert(
      fc.property(items, names, (a, gone) => {
        const patch = { items: gone.map((name) => ({ $patch: 'delete', name })) };
        const result = applyStrategicMergePatch({ items: a }, patch, schema);
        expect(result.items).toEqual(a.filter((entry) => !gone.includes(entry.name)));
      }),
    );
  });

  it('tells the answers apart that Kubernetes gives', () => {
    expect(kindOfFailure({}, { $retainKeys: 'x' })).toBe('malformed');
    expect(kindOfFailure({ items: [{ name: 'a' }] }, { items: [{}] })).toBe('failed');
    expect(kindOfFailure({ names: [['a']] }, { names: [['b']] })).toBe('unsupported');
    expect(kindOfFailure({ items: [] }, { items: [{ name: 'a' }] })).toBeUndefined();
  });

  it('merges values of maps by their own type', () => {
    const document = { byName: { x: { a: '1' } } };
    expect(applyStrategicMergePatch(document, { byName: { x: { b: '2' } } }, schema)).toEqual({
      byName: { x: { a: '1', b: '2' } },
    });
  });

  it('shares what it does not touch', () => {
    const document = { items: [{ name: 'a', value: 1 }], other: { x: 1 } };
    const result = applyStrategicMergePatch(document, { items: [{ name: 'b' }] }, schema);
    expect(result.other).toBe(document.other);
    expect((result.items as unknown[])[1]).toBe(document.items[0]);
  });
});
