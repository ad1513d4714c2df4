import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { applyJsonPatch, JsonPatchError, type JsonPatchErrorKind } from './json-patch.ts';

function kindOfFailure(run: () => unknown): JsonPatchErrorKind | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof JsonPatchError) return error.kind;
    throw error;
  }
  return undefined;
}

describe('applyJsonPatch', () => {
  it('tells what was wrong with the patch apart from what was wrong with the document', () => {
    const document = { list: ['x'.repeat(1000)] };
    const patch = (op: JsonObject) => () => applyJsonPatch(document, [op]);
    expect(kindOfFailure(() => applyJsonPatch(document, { op: 'add' }))).toBe('malformed');
    expect(kindOfFailure(() => applyJsonPatch(document, ['add']))).toBe('malformed');
    expect(kindOfFailure(patch({ op: 'remove', path: '/nope' }))).toBe('notApplicable');
    expect(kindOfFailure(patch({ op: 'test', path: '/list', value: 1 }))).toBe('testFailed');
  });

  it('takes no more than ten thousand operations', () => {
    const test: JsonValue = { op: 'test', path: '/a', value: 1 };
    const many = (count: number) => new Array<JsonValue>(count).fill(test);
    expect(applyJsonPatch({ a: 1 }, many(10_000))).toEqual({ a: 1 });
    expect(() => applyJsonPatch({ a: 1 }, many(10_001))).toThrow(
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
  });

  it('stops copies that add up to more than three mebibytes', () => {
    const document = { big: 'x'.repeat(1024 * 1024), out: {} };
    const copies = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ op: 'copy', from: '/big', path: `/out/${i}` }));
    expect(Object.keys((applyJsonPatch(document, copies(2)) as JsonObject).out as JsonObject)).toHaveLength(2);
    expect(kindOfFailure(() => applyJsonPatch(document, copies(3)))).toBe('copyTooLarge');
  });

  it('stops copies that double the document', () => {
    const double = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(kindOfFailure(() => applyJsonPatch({ a: ['0123456789'] }, double))).toBe('copyTooLarge');
  });

  it('refuses negative indices if told to', () => {
    const patch = [{ op: 'remove', path: '/a/-1' }];
    expect(applyJsonPatch({ a: [1, 2] }, patch)).toEqual({ a: [1] });
    expect(() => applyJsonPatch({ a: [1, 2] }, patch, { negativeIndices: false })).toThrow(
      "error in remove for path: '/a/-1': Unable to access invalid index: -1: invalid index referenced",
    );
  });

  it('does not reach what objects inherit', () => {
    expect(kindOfFailure(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/x', value: 1 }]))).toBe(
      'notApplicable',
    );
    const result = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    expect(Object.getOwnPropertyNames(result)).toEqual(['__proto__']);
    expect((result as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('shares what it does not touch', () => {
    const document = { a: { x: 1 }, b: { y: 1 } };
    const result = applyJsonPatch(document, [{ op: 'replace', path: '/a/x', value: 2 }]) as typeof document;
    expect(result.b).toBe(document.b);
    expect(document.a.x).toBe(1);
  });

  it('undoes an add by a remove', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (document, name, value) => {
        const base = document as JsonObject;
        fc.pre(!Object.hasOwn(base, name));
        const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const patch = [
          { op: 'add', path, value: value as JsonValue },
          { op: 'test', path, value: value as JsonValue },
        ];
        expect(applyJsonPatch(applyJsonPatch(base, patch) as JsonObject, [{ op: 'remove', path }])).toEqual(base);
      }),
    );
  });
});
