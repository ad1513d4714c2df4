import { describe, expect, it } from 'vitest';
import { itemsAtOnce } from './items-at-once.ts';

describe('items of one transaction', () => {
  it('are as many as wanted where the store has no bound', () => {
    expect(itemsAtOnce({}, 5000)).toBe(5000);
  });

  it('touch no more objects than the store has room for, and are never none', () => {
    expect(itemsAtOnce({ transactionSize: 100 }, 250)).toBe(100);
    expect(itemsAtOnce({ transactionSize: 100 }, 250, 3)).toBe(33);
    expect(itemsAtOnce({ transactionSize: 100 }, 20)).toBe(20);
    expect(itemsAtOnce({ transactionSize: 100 }, 0)).toBe(1);
  });
});
