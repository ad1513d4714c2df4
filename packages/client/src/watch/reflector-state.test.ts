import { expired } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import type { ReflectorState } from './reflector-state.ts';
import { initialState, step } from './reflector-state.ts';

const half = () => 0.5;
const watching: ReflectorState = { phase: 'watching', resourceVersion: '5', failures: 0 };
const broken = { type: 'failed', error: new Error('broken') } as const;
const tooOld = { type: 'failed', error: expired('too old') } as const;

describe('the steps of a reflector', () => {
  it('lead from page to page, then to a watch from the version of the list', () => {
    const second = step(initialState, { type: 'page', resourceVersion: '7', continueToken: 'x' }, half);
    expect(second).toMatchObject({ phase: 'listing', continueToken: 'x' });
    const last = step(second, { type: 'page', resourceVersion: '7', continueToken: undefined }, half);
    expect(last).toEqual({ phase: 'watching', resourceVersion: '7', failures: 0 });
  });

  it('move the version forwards only', () => {
    const ahead = step(watching, { type: 'progress', resourceVersion: '10' }, half);
    expect(step(ahead, { type: 'progress', resourceVersion: '9' }, half)).toMatchObject({ resourceVersion: '10' });
  });

  it('lead to a list at once when the version is too old, and after a delay when that repeats', () => {
    const relist = step(watching, tooOld, half);
    expect(relist).toMatchObject({ phase: 'listing', continueToken: undefined, failures: 1 });
    const again = step(relist, { type: 'page', resourceVersion: '8', continueToken: undefined }, half);
    expect(step(again, tooOld, half)).toMatchObject({ phase: 'waiting', next: { phase: 'listing', paged: true } });
  });

  it('give up pages when a page expires twice', () => {
    const page: ReflectorState = { ...initialState, continueToken: 'x' };
    const once = step(page, tooOld, half);
    expect(once).toMatchObject({ phase: 'listing', continueToken: undefined, paged: true });
    const twice = step({ ...once, continueToken: 'y' } as ReflectorState, tooOld, half);
    expect(twice).toMatchObject({ phase: 'waiting', next: { continueToken: undefined, paged: false } });
  });

  it('wait longer with every failure, at most half a minute and half as much again, and then go on where they were', () => {
    let state: ReflectorState = watching;
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      const waiting = step(state, broken, half);
      if (waiting.phase !== 'waiting') throw new Error('should wait');
      delays.push(waiting.delayMs);
      state = step(waiting, { type: 'waited' }, half);
    }
    expect(delays).toEqual([800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
    expect(state).toMatchObject({ phase: 'watching', resourceVersion: '5' });
    expect(step(state, { type: 'progress', resourceVersion: '6' }, half)).toMatchObject({ failures: 0 });
  });

  it('take a watch that ends at once for a failure, and one that lasted for none', () => {
    expect(step(watching, { type: 'ended', lasted: true }, half)).toEqual(watching);
    expect(step(watching, { type: 'ended', lasted: false }, half)).toMatchObject({
      phase: 'waiting',
      next: { failures: 1 },
    });
  });
});
