import { expect, it } from 'vitest';
import { sparkline } from './sparkline.ts';

it('A curve shows the highest value of each column, and a gap where there is none', () => {
  expect(sparkline([0, 7, 0, 3, Number.NaN, Number.NaN, 1, 1], 4)).toBe('█▄ ▂');
  expect(sparkline([1, 2], 60)).toBe('▅█');
  expect(sparkline([0, 0], 2)).toBe('▁▁');
});
