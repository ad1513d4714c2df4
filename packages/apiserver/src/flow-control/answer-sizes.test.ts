import { describe, expect, it } from 'vitest';
import { AnswerSizes } from './answer-sizes.ts';

const kib = 1024;

describe('the seats of a list', () => {
  it('are one until an answer was larger, then follow its size up to a bound', () => {
    const sizes = new AnswerSizes();
    expect(sizes.seatsOf(5)).toBe(1);
    sizes.learn(5, 300 * kib);
    expect(sizes.seatsOf(5)).toBe(5);
    sizes.learn(5, 100 * kib * kib);
    expect(sizes.seatsOf(5)).toBe(16);
    expect(sizes.seatsOf(6)).toBe(1);
  });

  it('fall slowly, since a page is smaller than its list', () => {
    const sizes = new AnswerSizes();
    sizes.learn(5, 300 * kib);
    sizes.learn(5, 10);
    expect(sizes.seatsOf(5)).toBe(4);
    for (let i = 0; i < 10; i++) sizes.learn(5, 10);
    expect(sizes.seatsOf(5)).toBe(1);
  });
});
