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

  it('is wrong about noise in at most one of twenty cases', () => {
    for (let count = 1; count <= 14; count++) {
      const cases = 2 ** count;
      let wrong = 0;
      for (let signs = 0; signs < cases; signs++) {
        // Every way in which noise around 1 can fall, each as likely as any other, and all of it further from 1 than the same code may be.
        const ratios = Array.from({ length: count }, (_, i) => ((signs >> i) & 1 ? 2 : 0.5));
        if (verdictOf(ratios).kind !== 'unclear') wrong += 1;
      }
      expect(wrong / cases, `of ${count}`).toBeLessThanOrEqual(1 / 20);
    }
  });
});
