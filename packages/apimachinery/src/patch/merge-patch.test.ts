import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { applyMergePatch, createMergePatch, MergePatchError } from './merge-patch.ts';

/** Objects without nulls, which a merge patch cannot express. */
const objects = fc
  .object({
    maxDepth: 3,
    values: [fc.string(), fc.integer(), fc.boolean()],
    key: fc.constantFrom('a', 'b', 'c', '__proto__'),
  })
  .map((value) => value as JsonObject);

describe('merge patches', () => {
  it('lead from any object to any other', () => {
    fc.assert(
      fc.property(objects, objects, (a, b) => {
        expect(applyMergePatch(a, createMergePatch(a, b))).toEqual(b);
      }),
    );
  });

  it('are empty between equal objects, and change nothing then', () => {
    fc.assert(
      fc.property(objects, (a) => {
        expect(createMergePatch(a, structuredClone(a))).toEqual({});
        expect(applyMergePatch(a, structuredClone(a))).toBe(a);
      }),
    );
  });

  it('make no difference the second time', () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const leaves = fc.oneof(fc.constant(null), fc.integer());
    const patches = fc.dictionary(keys, fc.oneof(leaves, fc.dictionary(keys, leaves)));
    fc.assert(
      fc.property(objects, patches, (a, patch) => {
        const once = applyMergePatch(a, patch as JsonObject);
        expect(applyMergePatch(once, patch as JsonObject)).toEqual(once);
      }),
    );
  });

  it('must be objects', () => {
    for (const patch of [null, 1, 'x', [], [1]] as JsonValue[]) {
      expect(() => applyMergePatch({ a: 1 }, patch)).toThrow(MergePatchError);
    }
  });

  it('share what they do not touch', () => {
    const document = { a: { x: 1 }, b: { y: 1 } };
    const result = applyMergePatch(document, { a: { x: 2 }, b: { y: 1 } });
    expect(result).toEqual({ a: { x: 2 }, b: { y: 1 } });
    expect(result.b).toBe(document.b);
  });
});
