import { describe, expect, it } from 'vitest';
import { compileJsonPath, compileJsonPathAll, JsonPathError } from './json-path.ts';
import { golden } from './testdata/golden.ts';

describe('JSONPath', () => {
  it.each(golden('json-path.json').paths!)('finds what the Go library finds: $args', ({ args, want }) => {
    expect(compileJsonPathAll(args[0]!)(JSON.parse(args[1]!))).toEqual((want as { values: unknown[] }).values);
  });

  it('reads keys with dots in quotes', () => {
    expect(compileJsonPath(".metadata.annotations['a.b/c']")({ metadata: { annotations: { 'a.b/c': 'x' } } })).toBe(
      'x',
    );
    expect(compileJsonPath('.metadata.annotations.a\\.b/c')({ metadata: { annotations: { 'a.b/c': 'x' } } })).toBe('x');
  });

  it('gives undefined for what is missing or of the wrong type', () => {
    for (const path of ['.a.b', '.a[0]', '.a[9]', '.a[-9]', '.a[*].b', '.a[?(@.x==1)]', '.constructor', '.a.length']) {
      expect(compileJsonPath(path)({ a: [] })).toBeUndefined();
      expect(compileJsonPath(path)(null)).toBeUndefined();
    }
  });

  it('gives the first of several values', () => {
    expect(compileJsonPath('.a[*].b')({ a: [{}, { b: 1 }, { b: 2 }] })).toBe(1);
  });

  it('does not stumble over brackets and operators in quotes', () => {
    const object = { a: [{ k: 'x]y==z', v: 1 }] };
    expect(compileJsonPath('.a[?(@.k=="x]y==z")].v')(object)).toBe(1);
  });

  it.each(['.a[', '.a[x]', '.a[?(@.b==)]', '.a..[::0]', '.a b', '{.a}{.b}', '.a[?(', '.[1:2:3:4]'])(
    '%s is refused',
    (path) => {
      expect(() => compileJsonPath(path)).toThrow(JsonPathError);
    },
  );
});
