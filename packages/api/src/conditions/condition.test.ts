import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewCondition } from './condition.ts';
import { deleteCondition, findCondition, isConditionFalse, isConditionTrue, setCondition } from './condition.ts';
import type { Condition } from './condition-schema.ts';
import { summarizeReady } from './summary.ts';

const early = '2026-01-01T00:00:00Z';
const late = '2026-01-02T00:00:00Z';

describe('setCondition', () => {
  it('adds a condition with the time of the change', () => {
    expect(setCondition(undefined, { type: 'Valid', status: 'True' }, early)).toEqual([
      { type: 'Valid', status: 'True', lastTransitionTime: early },
    ]);
  });

  it('returns the same list if nothing has changed', () => {
    const conditions = setCondition([], { type: 'Valid', status: 'False', reason: 'Broken', message: 'no' }, early);
    const again = setCondition(conditions, { type: 'Valid', status: 'False', reason: 'Broken', message: 'no' }, late);
    expect(again).toBe(conditions);
  });

  it.each<[string, NewCondition]>([
    ['status', { type: 'Valid', status: 'True' }],
    ['reason', { type: 'Valid', status: 'False', reason: 'Other', message: 'no' }],
    ['message', { type: 'Valid', status: 'False', reason: 'Broken', message: 'still no' }],
    ['severity', { type: 'Valid', status: 'False', severity: 'Info', reason: 'Broken', message: 'no' }],
  ])('moves the transition time if the %s changes', (_, changed) => {
    const conditions = setCondition([], { type: 'Valid', status: 'False', reason: 'Broken', message: 'no' }, early);
    const [condition] = setCondition(conditions, changed, late);
    expect(condition?.lastTransitionTime).toBe(late);
    expect(conditions[0]?.lastTransitionTime).toBe(early);
  });

  it('takes a false condition for an error unless it is said otherwise, and gives others no severity', () => {
    expect(setCondition([], { type: 'A', status: 'False' }, early)[0]?.severity).toBe('Error');
    expect(setCondition([], { type: 'A', status: 'True', severity: 'Info' }, early)[0]).not.toHaveProperty('severity');
  });

  it('keeps one condition of each type, Ready first and the others by type', () => {
    const types = fc.constantFrom('Ready', 'Alpha', 'Beta', 'Zeta');
    const status = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const);
    fc.assert(
      fc.property(fc.array(fc.record({ type: types, status })), (changes) => {
        let conditions: Condition[] = [];
        for (const change of changes) conditions = setCondition(conditions, change, early);
        const order = ['Ready', 'Alpha', 'Beta', 'Zeta'].filter((type) =>
          changes.some((change) => change.type === type),
        );
        expect(conditions.map(({ type }) => type)).toEqual(order);
        for (const type of order) {
          expect(findCondition(conditions, type)?.status).toBe(
            changes.findLast((change) => change.type === type)?.status,
          );
        }
      }),
    );
  });
});

describe('condition predicates', () => {
  const conditions = setCondition(
    setCondition([], { type: 'Yes', status: 'True' }, early),
    { type: 'No', status: 'False' },
    early,
  );

  it('answer for the one condition only', () => {
    expect([isConditionTrue(conditions, 'Yes'), isConditionFalse(conditions, 'Yes')]).toEqual([true, false]);
    expect([isConditionTrue(conditions, 'No'), isConditionFalse(conditions, 'No')]).toEqual([false, true]);
  });

  it('are both false for a condition that is not there', () => {
    expect([isConditionTrue(undefined, 'Other'), isConditionFalse(conditions, 'Other')]).toEqual([false, false]);
  });
});

describe('deleteCondition', () => {
  it('removes the condition, and leaves the list alone if there is none', () => {
    const conditions = setCondition([], { type: 'Valid', status: 'True' }, early);
    expect(deleteCondition(conditions, 'Valid')).toEqual([]);
    expect(deleteCondition(conditions, 'Other')).toBe(conditions);
  });
});

describe('summarizeReady', () => {
  function summaryOf(conditions: readonly NewCondition[], types?: readonly string[]) {
    let all: Condition[] = [];
    for (const condition of conditions) all = setCondition(all, condition, early);
    return summarizeReady(all, { types, now: late })[0];
  }

  it('is true if all that is known is true', () => {
    const summary = summaryOf([
      { type: 'A', status: 'True' },
      { type: 'B', status: 'Unknown', reason: 'NotYet' },
    ]);
    expect(summary).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: late });
  });

  it('puts errors before warnings and warnings before information', () => {
    const info: NewCondition = { type: 'A', status: 'False', severity: 'Info', reason: 'I' };
    const warning: NewCondition = { type: 'B', status: 'False', severity: 'Warning', reason: 'W' };
    const error: NewCondition = { type: 'C', status: 'False', severity: 'Error', reason: 'E', message: 'broken' };
    expect(summaryOf([info])).toMatchObject({ status: 'False', severity: 'Info', reason: 'I' });
    expect(summaryOf([info, warning])).toMatchObject({ status: 'False', severity: 'Warning', reason: 'W' });
    expect(summaryOf([info, warning, error])).toMatchObject({ severity: 'Error', reason: 'E', message: 'broken' });
  });

  it('is unknown if nothing else is known', () => {
    expect(summaryOf([{ type: 'A', status: 'Unknown', reason: 'NotYet' }])).toMatchObject({
      type: 'Ready',
      status: 'Unknown',
      reason: 'NotYet',
    });
  });

  it('looks at the given conditions only, and takes the first of those that count alike', () => {
    const a: NewCondition = { type: 'A', status: 'False', reason: 'A' };
    const b: NewCondition = { type: 'B', status: 'False', reason: 'B' };
    const c: NewCondition = { type: 'C', status: 'True' };
    expect(summaryOf([a, b, c])).toMatchObject({ reason: 'A' });
    expect(summaryOf([a, b, c], ['B', 'A'])).toMatchObject({ reason: 'B' });
    expect(summaryOf([a, b, c], ['C'])).toMatchObject({ status: 'True' });
  });

  it('leaves the conditions alone if there is nothing to sum up', () => {
    expect(summarizeReady(undefined, { now: late })).toEqual([]);
  });
});
