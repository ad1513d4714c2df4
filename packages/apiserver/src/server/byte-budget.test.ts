import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget, type Holding, newHolding } from './byte-budget.ts';

interface Named extends Holding {
  name: string;
}

function holder(name: string, gone: string[]): Named {
  return { name, ...newHolding(() => gone.push(name)) };
}

/** Cannot let go. */
function keeper(): Holding {
  return { ...newHolding(() => undefined), canGiveWay: false };
}

describe('a budget of bytes', () => {
  it('makes room by the largest: a small newcomer gets in', () => {
    const gone: string[] = [];
    const budget = new ByteBudget(100, 'largest');
    expect(budget.grow(holder('large', gone), 60)).toBe(true);
    expect(budget.grow(holder('middle', gone), 40)).toBe(true);
    expect(budget.grow(holder('small', gone), 5)).toBe(true);
    expect(gone).toEqual(['large']);
    expect(budget.used).toBe(45);
  });

  it('turns away the one that grows when it is the largest itself, or when the others cannot let go', () => {
    const gone: string[] = [];
    const budget = new ByteBudget(100, 'largest');
    expect(budget.grow(keeper(), 90)).toBe(true);
    const growing = holder('growing', gone);
    expect(budget.grow(growing, 5)).toBe(true);
    expect(budget.grow(growing, 10)).toBe(false);
    expect(gone).toEqual(['growing']);
    expect(budget.grow(keeper(), 20)).toBe(false);
    expect(budget.used).toBe(90);
  });

  it('makes room by the oldest where that is asked for', () => {
    const gone: string[] = [];
    const budget = new ByteBudget(100, 'oldest');
    budget.grow(holder('first', gone), 10);
    budget.grow(holder('second', gone), 80);
    expect(budget.grow(holder('third', gone), 15)).toBe(true);
    expect(gone).toEqual(['first']);
  });

  it('is never exceeded and forgets what is released', () => {
    const sizes = fc.array(fc.tuple(fc.nat(5), fc.nat(60), fc.boolean()), { maxLength: 50 });
    fc.assert(
      fc.property(sizes, fc.constantFrom('largest' as const, 'oldest' as const), (steps, order) => {
        const budget = new ByteBudget(100, order);
        const holders = Array.from({ length: 6 }, (_, i) => holder(String(i), []));
        for (const [which, bytes, release] of steps) {
          if (release) budget.release(holders[which]!);
          else budget.grow(holders[which]!, bytes);
          expect(budget.used).toBeLessThanOrEqual(100);
          expect(budget.used).toBe(holders.reduce((sum, { bytes }) => sum + bytes, 0));
        }
        for (const one of holders) budget.release(one);
        expect(budget.used).toBe(0);
      }),
    );
  });
});
