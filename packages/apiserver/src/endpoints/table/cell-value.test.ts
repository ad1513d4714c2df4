import { describe, expect, it } from 'vitest';
import { ageCell, columnCell } from './cell-value.ts';

const now = Date.parse('2026-01-10T00:00:00Z');

describe('ageCell', () => {
  it.each([
    ['2026-01-05T00:00:00Z', '5d'],
    ['2026-01-09T23:59:30Z', '30s'],
    ['2026-01-09T23:00:00Z', '60m'],
    ['2027-01-01T00:00:00Z', '<invalid>'],
    [undefined, '<unknown>'],
    [null, '<unknown>'],
    ['yesterday', '<invalid>'],
    [7, '<invalid>'],
  ])('%s → %s', (time, expected) => {
    expect(ageCell(time, now)).toBe(expected);
  });
});

describe('columnCell', () => {
  it.each([
    ['string', 'x', 'x'],
    ['string', '', ''],
    ['string', 3, '3'],
    ['string', true, 'true'],
    ['string', ['a', 'b'], '["a","b"]'],
    ['string', { a: 1 }, '{"a":1}'],
    ['integer', 3, 3],
    ['integer', 3.7, 3],
    ['integer', '3', null],
    ['number', 1.5, 1.5],
    ['number', true, null],
    ['boolean', false, false],
    ['boolean', 'false', null],
    ['date', '2026-01-05T00:00:00Z', '5d'],
    ['date', 5, null],
    ['date', '', '<unknown>'],
  ] as const)('a %s column shows %j as %j', (type, value, expected) => {
    expect(columnCell(type, value, now)).toEqual(expected);
  });

  it.each(['string', 'integer', 'number', 'boolean', 'date'] as const)(
    'a %s column is null where there is nothing',
    (type) => {
      expect(columnCell(type, undefined, now)).toBeNull();
      expect(columnCell(type, null, now)).toBeNull();
    },
  );
});
