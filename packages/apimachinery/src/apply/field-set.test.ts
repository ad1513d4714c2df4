import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../meta/object.ts';
import {
  difference,
  type FieldSet,
  fieldPaths,
  fieldSetsEqual,
  intersection,
  isEmptySet,
  parseFieldSet,
  recursiveDifference,
  union,
} from './field-set.ts';
import { comparePathElements } from './path-element.ts';

const elements = fc.constantFrom(
  'f:a',
  'f:b',
  'f:\u{1f600}',
  'f:\ufb01',
  'k:{"n":9}',
  'k:{"n":10,"p":"x"}',
  'v:"a"',
  'v:2',
  'v:10',
  'i:0',
);

/** Anything a client may send that is well-formed: entries in any order, `.` anywhere. */
const raw = fc.letrec<{ node: JsonObject }>((tie) => ({
  node: fc.dictionary(
    fc.oneof({ weight: 4, arbitrary: elements }, fc.constant('.')),
    fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('node')),
    {
      maxKeys: 4,
    },
  ),
})).node;
const sets = raw.map(parseFieldSet);

function paths(set: FieldSet): Set<string> {
  return new Set(fieldPaths(set));
}

/** Canonical form: entries in order, `.` first and never alone, no node that leads nowhere. */
function isCanonical(set: FieldSet, root = true): boolean {
  const keys = Object.keys(set);
  if (keys.length === 1 && keys[0] === '.') return false;
  if (root && keys.includes('.')) return false;
  for (let i = 1; i < keys.length; i++) if (comparePathElements(keys[i - 1]!, keys[i]!) >= 0) return false;
  return keys.every((key) => isCanonical(set[key]!, false));
}

describe('field sets', () => {
  it('stay canonical under every operation', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        for (const set of [a, union(a, b), intersection(a, b), difference(a, b), recursiveDifference(a, b)]) {
          expect(isCanonical(set)).toBe(true);
        }
      }),
    );
  });

  it('behave as sets of paths', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(paths(union(a, b))).toEqual(paths(a).union(paths(b)));
        expect(paths(intersection(a, b))).toEqual(paths(a).intersection(paths(b)));
        expect(paths(difference(a, b))).toEqual(paths(a).difference(paths(b)));
      }),
    );
  });

  it('lose all below a path in a recursive difference', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const gone = [...paths(b)];
        const expected = [...paths(a)].filter(
          (path) =>
            !gone.some((prefix) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`)),
        );
        expect(paths(recursiveDifference(a, b))).toEqual(new Set(expected));
      }),
    );
  });

  it('obey the laws of sets, down to the form', () => {
    fc.assert(
      fc.property(sets, sets, sets, (a, b, c) => {
        expect(union(a, b)).toEqual(union(b, a));
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)));
        expect(union(difference(a, b), intersection(a, b))).toEqual(a);
        expect(difference(a, union(b, c))).toEqual(difference(difference(a, b), c));
        expect(isEmptySet(difference(a, a))).toBe(true);
      }),
    );
  });

  it('come back as themselves when nothing changes', () => {
    fc.assert(
      fc.property(sets, (a) => {
        expect(union(a, structuredClone(a))).toBe(a);
        expect(difference(a, {})).toBe(a);
        expect(JSON.stringify(parseFieldSet(structuredClone(a) as JsonObject))).toBe(JSON.stringify(a));
        expect(fieldSetsEqual(a, structuredClone(a))).toBe(true);
      }),
    );
  });

  it('are read from any spelling', () => {
    const set = parseFieldSet({
      'v:1.0': {},
      'k:{"protocol":"TCP","port":80}': { 'f:port': {}, '.': {} },
      'f:b': { '.': {} },
      'f:a': { 'q:later': {} },
      'z:unknown': { 'f:x': {} },
    });
    expect(JSON.stringify(set)).toBe(
      JSON.stringify({ 'f:a': {}, 'f:b': {}, 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} }, 'v:1': {} }),
    );
  });

  it('are refused when malformed', () => {
    for (const key of ['', 'f', 'fa', 'k:{', 'k:[1]', 'v:{x', 'i:one']) {
      expect(() => parseFieldSet({ [key]: {} }), key).toThrow();
    }
    expect(() => parseFieldSet({ 'f:a': [] } as unknown as JsonObject)).toThrow();
  });
});
