import { describe, expect, it } from 'vitest';
import { validateQuotaAmounts } from './quota-amounts.ts';
import { countedKeys, countedResource } from './quota-scope.ts';

describe('validateQuotaAmounts', () => {
  it('accepts whole numbers of objects and quantities of standard resources', () => {
    expect(
      validateQuotaAmounts({ 'count/widgets.example.com': '10', configmaps: 3, 'requests.cpu': '500m' }, 'spec.hard'),
    ).toEqual([]);
  });

  it('refuses fractions of objects, negative amounts and unknown names', () => {
    const errors = validateQuotaAmounts({ configmaps: '500m', secrets: '-1', gold: '1', pods: 'many' }, 'spec.hard');
    expect(errors.map((e) => `${e.field}: ${e.message}`)).toEqual([
      'spec.hard[configmaps]: Invalid value: "500m": must be an integer',
      'spec.hard[secrets]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.hard[gold]: Invalid value: "gold": must be a standard resource for quotas',
      'spec.hard[pods]: Invalid value: "many": must be a quantity',
    ]);
  });
});

describe('countedKeys', () => {
  it('counts core resources under both of their keys', () => {
    expect(countedKeys({ group: '', names: { plural: 'configmaps' } as never })).toEqual([
      'configmaps',
      'count/configmaps',
    ]);
    expect(countedKeys({ group: '', names: { plural: 'serviceaccounts' } as never })).toEqual([
      'count/serviceaccounts',
    ]);
    expect(countedKeys({ group: 'a.b', names: { plural: 'xs' } as never })).toEqual(['count/xs.a.b']);
  });

  it('is the inverse of countedResource', () => {
    for (const [group, plural] of [
      ['', 'configmaps'],
      ['example.com', 'widgets'],
    ] as const) {
      for (const key of countedKeys({ group, names: { plural } as never }))
        expect(countedResource(key)).toEqual({ group, resource: plural });
    }
    expect(countedResource('requests.cpu')).toBeUndefined();
  });
});
