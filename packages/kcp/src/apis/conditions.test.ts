import { describe, expect, it } from 'vitest';
import { isTrue, setCondition, summarise } from './conditions.ts';

describe('conditions', () => {
  it('keep the time of their last transition while the status stays', () => {
    const first = setCondition([], { type: 'A', status: 'False', reason: 'R', severity: 'Error', message: 'm' }, 't1');
    const same = setCondition(first, { type: 'A', status: 'False', reason: 'Other' }, 't2');
    expect(same).toEqual([{ type: 'A', status: 'False', reason: 'Other', lastTransitionTime: 't1' }]);
    expect(setCondition(same, { type: 'A', status: 'True' }, 't3')).toEqual([
      { type: 'A', status: 'True', lastTransitionTime: 't3' },
    ]);
  });

  it('stand in order of their type, the summary first', () => {
    let conditions = setCondition([], { type: 'B', status: 'True' }, 't');
    conditions = setCondition(conditions, { type: 'A', status: 'True' }, 't');
    conditions = summarise(conditions, 'B', 't');
    expect(conditions.map(({ type }) => type)).toEqual(['Ready', 'A', 'B']);
    expect(isTrue(conditions, 'Ready')).toBe(true);
    expect(isTrue(conditions, 'C')).toBe(false);
  });

  it('have no reason, severity or message when they are true', () => {
    expect(setCondition([], { type: 'A', status: 'True', reason: 'R', severity: 'Info', message: 'm' }, 't')).toEqual([
      { type: 'A', status: 'True', lastTransitionTime: 't' },
    ]);
  });
});
