import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, golden } from '../testdata/golden.ts';
import { escapeFieldValue, parseFieldSelector } from './field-selector.ts';
import { labelSelectorOf, parseLabelSelector, validateLabelSelector } from './label-selector.ts';

const cases = golden('selectors.json');

describe('label selectors', () => {
  it.each(cases.labels!)('parse $args as the Go library does', ({ args, want }) => {
    expect(answer(() => parseLabelSelector(args[0]!).toString())).toEqual(want);
  });

  it.each([
    ['a=b', { a: 'b' }, true],
    ['a=b', {}, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (x,y)', { a: 'y' }, true],
    ['a in ()', { a: '' }, true],
    ['a notin (x,y)', { a: 'x' }, false],
    ['a notin (x,y)', {}, true],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a>5', { a: '6' }, true],
    ['a>5', { a: '5' }, false],
    ['a<5', { a: 'x' }, false],
    ['a<5', {}, false],
    ['a=b,c', { a: 'b' }, false],
    ['toString', {}, false],
  ])('%s on %j is %s', (selector, labels, expected) => {
    expect(parseLabelSelector(selector).matches(labels as Record<string, string>)).toBe(expected);
  });

  it('tell which value an index has to look up', () => {
    const selector = parseLabelSelector('a=1,b in (2),c in (3,4),d!=5,e==6');
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => selector.requiresExactMatch(key))).toEqual([
      '1',
      '2',
      undefined,
      undefined,
      '6',
      undefined,
    ]);
  });

  it('mean the same after being written and parsed again', () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/);
    const requirement = fc.oneof(
      fc.tuple(key, key).map(([k, v]) => `${k}=${v}`),
      fc.tuple(key, fc.array(key, { minLength: 1, maxLength: 3 })).map(([k, v]) => `${k} notin (${v.join(',')})`),
      key.map((k) => `!${k}`),
    );
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), (parts) => {
        const text = parseLabelSelector(parts.join(',')).toString();
        expect(parseLabelSelector(text).toString()).toBe(text);
      }),
    );
  });

  it('come from metav1.LabelSelector objects', () => {
    const selector = labelSelectorOf({
      matchLabels: { z: '1' },
      matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['y', 'x'] }],
    });
    expect(selector.toString()).toBe('a notin (x,y),z=1');
    expect(labelSelectorOf(undefined).matches({})).toBe(false);
    expect(labelSelectorOf({}).matches({ any: 'thing' })).toBe(true);
    expect(() => labelSelectorOf({ matchExpressions: [{ key: 'a', operator: 'Near' as 'In' }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
  });

  it('are conjunctions that can be joined', () => {
    const both = parseLabelSelector('a=1').and(parseLabelSelector('b'));
    expect(both.matches({ a: '1', b: '' })).toBe(true);
    expect(both.matches({ a: '1' })).toBe(false);
    expect(both.and(labelSelectorOf(null)).matches({ a: '1', b: '' })).toBe(false);
  });

  it('inside of objects are checked field by field', () => {
    const errors = validateLabelSelector(
      {
        matchLabels: { 'a b': 'ok' },
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'a', operator: 'Exists', values: ['x'] },
        ],
      },
      'spec.selector',
    );
    expect(errors.map((e) => `${e.field} ${e.reason}`)).toEqual([
      'spec.selector.matchLabels FieldValueInvalid',
      'spec.selector.matchExpressions[0].values FieldValueRequired',
      'spec.selector.matchExpressions[1].values FieldValueForbidden',
    ]);
  });
});

describe('field selectors', () => {
  it.each(cases.fields!)('parse $args as the Go library does', ({ args, want }) => {
    expect(answer(() => parseFieldSelector(args[0]!).toString())).toEqual(want);
  });

  it('match by the text of fields, absent ones being empty', () => {
    const fields: Record<string, string> = { 'metadata.name': 'x' };
    const matches = (selector: string): boolean => parseFieldSelector(selector).matches((field) => fields[field]);
    expect(matches('metadata.name=x,spec.a=')).toBe(true);
    expect(matches('metadata.name!=x')).toBe(false);
    expect(matches('spec.a!=')).toBe(false);
    expect(parseFieldSelector('a!=1,b=2').requiresExactMatch('b')).toBe('2');
    expect(parseFieldSelector('a!=1,b=2').requiresExactMatch('a')).toBeUndefined();
  });

  it('carry any value once it is escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(parseFieldSelector(`f=${escapeFieldValue(value)}`).requirements).toEqual([
          { field: 'f', operator: '=', value },
        ]);
      }),
    );
  });
});
