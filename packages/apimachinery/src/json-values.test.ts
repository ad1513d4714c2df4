import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepCopy } from './deep-copy.ts';
import { deepEqual } from './deep-equal.ts';

describe('deepCopy', () => {
  it('equals its source and shares nothing with it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const source = JSON.parse(JSON.stringify(value)) as unknown;
        const copy = deepCopy(source);
        expect(copy).toEqual(source);
        if (typeof source === 'object' && source !== null) expect(copy).not.toBe(source);
        expect(deepEqual(copy, source)).toBe(true);
      }),
    );
  });

  it('copies a key named __proto__ as any other', () => {
    const copy = deepCopy(JSON.parse('{"__proto__":{"a":1}}') as object);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1}}');
    expect((copy as { a?: number }).a).toBeUndefined();
  });

  it('leaves out what is undefined and keeps big integers', () => {
    expect(Object.keys(deepCopy({ a: undefined, b: 2n ** 60n }))).toEqual(['b']);
  });
});

describe('deepEqual', () => {
  it('agrees with the canonical text', () => {
    const small = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(deepEqual(a, b)).toBe(deepEqual(b, a));
        if (JSON.stringify(a) === JSON.stringify(b)) expect(deepEqual(a, b)).toBe(true);
      }),
    );
  });

  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: undefined }, {}, true],
    [{ a: undefined }, { b: 1 }, false],
    [{ a: 1 }, { a: 1, b: null }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, {}, false],
    [1n, 1, true],
    [1n, '1', false],
    [{ toString: 1 }, {}, false],
    [{}, JSON.parse('{"__proto__":1}'), false],
  ])('%j and %j: %s', (a, b, expected) => {
    const show = (x: unknown): boolean => deepEqual(x, x);
    expect(show(a)).toBe(true);
    expect(deepEqual(a, b)).toBe(expected);
  });
});
