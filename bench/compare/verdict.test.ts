import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictOf } from './verdict.ts';

describe('a verdict on ratios', () => {
  it('is unclear for fewer than six, however large they are', () => {
    for (let count = 1; count < 6; count++) expect(verdictOf(Array(count).fill(3)).kind).toBe('unclear');
    expect(verdictOf(Array(6).fill(3)).kind).toBe('more');
    expect(verdictOf(Array(6).fill(0.5)).kind).toBe('less');
  });

  it('takes the whole range of six to eight, and leaves out one at each end of nine', () => {
    expect(verdictOf([0.9, 1.2, 1.2, 1.3, 1.4, 1.5])).toMatchObject({ low: 0.9, high: 1.5, kind: 'unclear' });
    expect(verdictOf([0.9, 1.2, 1.2, 1.3, 1.3, 1.4, 1.4, 1.5, 9])).toMatchObject({ low: 1.2, high: 1.5, kind: 'more' });
  });

  it('is unclear for what the same code may differ by', () => {
    expect(verdictOf(Array(20).fill(1.04)).kind).toBe('unclear');
    expect(verdictOf(Array(20).fill(0.96)).kind).toBe('unclear');
  });

  it('is seldom wrong about noise: at most one of twenty', () => {
    const rounds = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 });
    const samples = fc.sample(rounds, { numRuns: 4000, seed: 7 });
    const wrong = samples.filter((values) => {
      // Spread evenly by powers, so that 1 is the median whatever the generator prefers.
      const ratios = values.map((_, i) => 2 ** (Math.sin((values[i] as number) * 1e6 + i) * 0.8));
      return verdictOf(ratios).kind !== 'unclear';
    });
    expect(wrong.length / samples.length).toBeLessThan(0.08);
  });
});
