import { describe, expect, it } from 'vitest';
import { findDuplicateKeys, maxJsonDepth, parseJson } from './json.ts';

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('parseJson', () => {
  it('keeps integers of 64 bits exact, also when they are written again', () => {
    const text = '{"a":9007199254740993,"b":[-9223372036854775808],"c":"12345678901234567890","d":1.5}';
    expect(parseJson(text)).toEqual({
      a: 9007199254740993n,
      b: [-9223372036854775808n],
      c: '12345678901234567890',
      d: 1.5,
    });
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  it('leaves all other numbers to doubles, as Go does', () => {
    expect(parseJson('[1.0,9007199254740991,18446744073709551616,1234567890123456.5,1e300]')).toEqual([
      1, 9007199254740991, 18446744073709552000, 1234567890123456.5, 1e300,
    ]);
  });

  it.each(['', '{', '{"a":1} x', '{"a":1}{}', '[1,]', "{'a':1}", 'NaN', '1e400', `[${'9'.repeat(400)}]`])(
    'answers 400 to %s',
    (text) => {
      expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 400, reason: 'BadRequest' }) as Error);
    },
  );

  it('reads bytes, and refuses those that are not UTF-8', () => {
    expect(parseJson(new TextEncoder().encode('{"é":"😀"}'))).toEqual({ é: '😀' });
    expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]))).toThrow('not valid UTF-8');
  });

  it('bounds the depth', () => {
    expect(() => parseJson(nested(maxJsonDepth))).not.toThrow();
    expect(() => parseJson(nested(maxJsonDepth + 1))).toThrow('exceeded max depth of 10000');
    expect(() => parseJson('['.repeat(maxJsonDepth + 1) + ']'.repeat(maxJsonDepth + 1))).toThrow('exceeded max depth');
    expect(() => parseJson(`["${'['.repeat(3 * maxJsonDepth)}"]`)).not.toThrow();
  });
});

describe('findDuplicateKeys', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"a":{"b":1,"b":2},"c":[{"d":1},{"d":1,"d":2}]}', ['a.b', 'c[1].d']],
    ['{"a\\u0062":1,"ab":2}', ['ab']],
    ['{"a":"x\\",\\"a\\":","b":"\\\\","b":1}', ['b']],
    ['[[{"a":1,"a":[]}],"{"]', ['[0][0].a']],
    ['{"a":["b","b"],"b":"b"}', []],
    ['{"a":{},"a":{}}', ['a']],
    ['"text"', []],
  ])('%s has %j', (text, expected) => {
    expect(findDuplicateKeys(text)).toEqual(expected);
  });
});
