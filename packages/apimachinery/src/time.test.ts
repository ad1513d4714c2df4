import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { golden } from './testdata/golden.ts';
import {
  formatDuration,
  formatMicroTime,
  formatTime,
  humanDuration,
  isDate,
  now,
  parseDuration,
  parseTime,
} from './time.ts';

const cases = golden('time.json');

describe('durations', () => {
  it.each(cases.duration!)('$args is read and written as Go does', ({ args, want }) => {
    const parsed = parseDuration(args[0]!);
    if (typeof want === 'string') expect(formatDuration(parsed!)).toBe(want);
    else expect(parsed).toBeUndefined();
  });

  it.each(cases.human!)('$args is shown as kubectl does', ({ args, want }) => {
    expect(humanDuration(Number(parseDuration(args[0]!)! / 1_000_000n))).toBe(want);
  });

  it('survive being written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), (duration) => {
        expect(parseDuration(formatDuration(duration))).toBe(duration);
      }),
    );
  });
});

describe('times', () => {
  it('have seconds, or six digits more', () => {
    expect(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('2026-01-02T03:04:05Z');
    expect(formatMicroTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('2026-01-02T03:04:05.678000Z');
    expect(now({ now: () => 0 })).toBe('1970-01-01T00:00:00Z');
  });

  it('are read with any zone and fraction', () => {
    expect(parseTime('2026-01-02T03:04:05Z')).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(parseTime('2026-01-02T03:04:05.5+01:30')).toBe(Date.UTC(2026, 0, 2, 1, 34, 5, 500));
  });

  it.each([
    '',
    '2026-01-02',
    '2026-02-30T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02 03:04:05Z',
    '2026-01-02T03:04:05',
  ])('%j is none', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it('know the calendar', () => {
    expect(['2024-02-29', '2023-02-29', '2000-02-29', '1900-02-29', '2024-04-31'].map(isDate)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });
});
