import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersionPriority } from './version-priority.ts';

describe('compareVersionPriority', () => {
  it('puts stable before beta before alpha, newer before older, others last by name', () => {
    const sorted = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'];
    expect([...sorted].reverse().sort(compareVersionPriority)).toEqual(sorted);
  });

  it('is the same order whatever the input order', () => {
    const version = fc.oneof(
      fc.tuple(fc.nat(20), fc.constantFrom('', 'alpha1', 'beta2', 'beta10')).map(([n, s]) => `v${n}${s}`),
      fc.constantFrom('foo', 'bar1', 'v', 'v1gamma1'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(version), (versions) => {
        expect([...versions].reverse().sort(compareVersionPriority)).toEqual(
          [...versions].sort(compareVersionPriority),
        );
      }),
    );
  });
});
